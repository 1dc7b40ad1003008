import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { makeProject, type SetupResult } from "./project.ts";
import { onSmallDisk } from "./small_disk.ts";

const LIBRARY = Deno.build.os === "darwin" ? "libtensorflow_cc.2.dylib" : "libtensorflow_cc.so.2";
const MADE = [
  "node_modules/commander/package.json",
  `.native/tensorflow/${LIBRARY}`,
  ".native/uv/uv",
  ".venv/bin/jupyter-lab",
  ".venv/share/jupyter/kernels/deno/kernel.json",
];

/** All files below a folder, by path. */
function filesBelow(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(join(folder, name)) : [join(folder, name)]
  );
}

function assertWhole(root: string): void {
  for (const path of MADE) assert.ok(Deno.statSync(join(root, path)).isFile, path);
  assert.equal(Deno.statSync(join(root, ".native/tensorflow", LIBRARY)).size, 12 << 20);
  const left = filesBelow(join(root, ".native")).filter((path) => /\.part$|\.whl$|\.log$/.test(path));
  assert.deepEqual(left, []);
}

/** One line on standard error that begins with "error:", after the lines of steps, and status 1. */
function assertOneError({ code, stdout, stderr }: SetupResult, expected: RegExp): void {
  assert.equal(code, 1, stderr);
  assert.equal(stdout, "");
  const errors = stderr.trim().split("\n").filter((line) =>
    !/^(packages|tensorflow|python|kernel) {2,}/.test(line)
  );
  assert.equal(errors.length, 1, stderr);
  assert.match(errors[0], expected);
}

Deno.test("set-up makes all parts, says a line for each, and has nothing to do when done", async () => {
  const project = await makeProject();
  try {
    const first = await project.setup();
    assert.equal(first.code, 0, first.stderr);
    assertWhole(project.root);
    assert.match(first.stderr, /^tensorflow +TensorFlow 2\.21\.0 for CPU, 17 MB unpacked \([\d.]+ s\)$/m);
    assert.match(first.stderr, /^packages +npm packages, .* MB \([\d.]+ s\)$/m);
    assert.match(first.stderr, /^python +JupyterLab, .* in \.venv \([\d.]+ s\)$/m);
    assert.match(first.stderr, /Set-up done in [\d.]+ s\n$/);

    const kernel = JSON.parse(
      Deno.readTextFileSync(join(project.root, ".venv/share/jupyter/kernels/deno/kernel.json")),
    );
    const [python, gate] = [".venv/bin/python", "lib/notebooks/kernel.py"].map((path) =>
      join(project.root, path)
    );
    assert.deepEqual(kernel.argv, [python, gate, "{connection_file}", Deno.execPath()]);
    assert.equal(kernel.interrupt_mode, "message");

    const second = await project.setup();
    assert.equal(second.code, 0);
    assert.deepEqual(
      second.stderr.trim().split("\n").map((line) => line.replace(/ +/g, " ").replace(/[\d.]+ s$/, "T")),
      ["packages in place", "tensorflow in place", "python in place", "kernel in place", "Set-up done in T"],
    );
    const quiet = await project.setup({ args: ["--quiet"] });
    assert.deepEqual([quiet.code, quiet.stdout, quiet.stderr], [0, "", ""]);
  } finally {
    await project.remove();
  }
});

Deno.test("a set-up that is killed at any moment goes on to the end", async () => {
  const project = await makeProject();
  try {
    for (const killAfter of [1, 2, 3, 4, 5, 6]) await project.setup({ killAfter });
    const last = await project.setup();
    assert.equal(last.code, 0, last.stderr);
    assertWhole(project.root);
  } finally {
    await project.remove();
  }
});

Deno.test("only what is missing or damaged is made again", async () => {
  const project = await makeProject();
  try {
    await project.setup();
    const again = async () => {
      const { stderr } = await project.setup();
      assertWhole(project.root);
      return ["packages", "tensorflow", "python", "kernel"].filter((step) =>
        new RegExp(`^${step} .* \\([\\d.]+ s\\)$`, "m").test(stderr)
      );
    };
    await Deno.truncate(join(project.root, ".native/tensorflow", LIBRARY), 1000);
    assert.deepEqual(await again(), ["tensorflow"]);
    await Deno.remove(join(project.root, ".venv"), { recursive: true });
    assert.deepEqual(await again(), ["python", "kernel"]);
    await Deno.remove(join(project.root, "node_modules"), { recursive: true });
    assert.deepEqual(await again(), ["packages"]);
    // As after npx moved Deno.
    const kernel = join(project.root, ".venv/share/jupyter/kernels/deno/kernel.json");
    await Deno.writeTextFile(kernel, Deno.readTextFileSync(kernel).replace(Deno.execPath(), "/gone/deno"));
    assert.deepEqual(await again(), ["kernel"]);
    // A stamp of another version.
    const stamp = join(project.root, ".native/done/tensorflow.json");
    await Deno.writeTextFile(stamp, Deno.readTextFileSync(stamp).replace("2.21.0", "2.20.0"));
    assert.deepEqual(await again(), ["tensorflow"]);
    // A .venv that must be made anew takes the kernel inside it along.
    await Deno.remove(join(project.root, ".native/done/python.json"));
    assert.deepEqual(await again(), ["python", "kernel"]);
  } finally {
    await project.remove();
  }
});

Deno.test("of two set-ups at once, one works and the other waits", async () => {
  const project = await makeProject();
  try {
    const both = await Promise.all([project.setup(), project.setup()]);
    both.forEach(({ code, stderr }) => assert.equal(code, 0, stderr));
    assertWhole(project.root);
    const worked = both.filter(({ stderr }) => stderr.includes("unpacking tensorflow"));
    assert.equal(worked.length, 1);
  } finally {
    await project.remove();
  }
});

Deno.test("a missing python3, a python3 without pip, an old python3: one line that says what to install", async () => {
  const project = await makeProject();
  const programs = join(dirname(project.root), "bin");
  await Deno.mkdir(programs);
  const fakePython = (script: string) =>
    Deno.writeTextFile(join(programs, "python3"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const attempt = () => project.setup({ env: { PATH: programs } });
  try {
    assertOneError(
      await attempt(),
      /^error: python3 is not there or does not run\. Install Python 3\.10 .*pip/,
    );
    const about = "if [ $1 = -c ]; then printf '/x/python\\n3\\n11\\n'; exit; fi";
    await fakePython(`${about}; echo '/x/python: No module named pip' >&2; exit 1`);
    assertOneError(await attempt(), /^error: python3 \(\/x\/python\) has no pip\. Install .*python3-pip/);
    await fakePython(about.replace("11", "8"));
    assertOneError(
      await attempt(),
      /^error: python3 \(\/x\/python\) is version 3\.8, which is too old\. Install/,
    );
  } finally {
    await project.remove();
  }
});

Deno.test("a registry that cannot be reached: one line, for packages and for wheels", async () => {
  const closed = "http://127.0.0.1:9/";
  const line = (part: string) =>
    new RegExp(
      `^error: Set-up of ${part} stopped: the package registry cannot be reached\\. Check the network`,
    );
  // A project for each: what one attempt had time to fetch, the next would not ask for.
  const refused = async (part: string, env: (root: string) => Record<string, string>) => {
    const project = await makeProject();
    try {
      assertOneError(await project.setup({ env: env(project.root) }), line(part));
    } finally {
      await project.remove();
    }
  };
  await refused(
    "packages",
    (root) => ({ NPM_CONFIG_REGISTRY: closed, DENO_DIR: join(dirname(root), "empty") }),
  );
  await refused("(tensorflow|uv)", () => ({ PIP_NO_INDEX: "0", PIP_FIND_LINKS: "", PIP_INDEX_URL: closed }));
});

Deno.test("a full disk: one line with what is needed", async () => {
  const tested = await onSmallDisk(64, async (folder) => {
    const project = await makeProject(folder);
    assertOneError(
      await project.setup(),
      /^error: Set-up needs 3\.1 GB at .* and \d+ MB are free: the disk is full\. Free some gigabytes/,
    );
  });
  if (!tested) console.log("no small file system can be mounted here: nothing tested");
});

Deno.test("help is printed without a set-up; an unknown argument is wrong usage", async () => {
  const project = await makeProject();
  try {
    const { code, stderr } = await project.setup({ args: ["--fast"] });
    assert.equal(code, 2);
    assert.equal(stderr, "error: setup knows no --fast. It takes --quiet, --help, or nothing\n");
    const help = await project.setup({ args: ["--help"] });
    assert.deepEqual([help.code, help.stderr], [0, ""]);
    assert.match(help.stdout, /^Usage: deno task setup \[options\]\n[^]*--quiet[^]*KIT_GPU=0/);
    assert.ok(
      ![...Deno.readDirSync(project.root)].some(({ name }) => name === ".native"),
      "help sets nothing up",
    );
  } finally {
    await project.remove();
  }
});
