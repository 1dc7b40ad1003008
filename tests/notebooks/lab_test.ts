import assert from "node:assert/strict";
import { join } from "node:path";
import { linesOf } from "../../lib/base/processes.ts";
import { ROOT } from "../../lib/base/root.ts";
import { COPIES, copyNotebooks } from "../../lib/notebooks/lab.ts";
import { inFolder } from "../in_folder.ts";
import { CLI } from "../kit.ts";
import { writeNotebook } from "./made_notebook.ts";

/** A port that nothing listens at. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const listens = (port: number): Promise<boolean> =>
  Deno.connect({ hostname: "127.0.0.1", port }).then((connection) => {
    connection.close();
    return true;
  }, () => false);

/** Waits, however long it takes. */
async function untilSo(so: () => Promise<boolean>): Promise<void> {
  while (!await so()) await new Promise((go) => setTimeout(go, 50));
}

/** A running lab. */
interface Lab {
  /** What was started: the kit's own process, or the shell that has started it. */
  process: Deno.ChildProcess;
  port: number;
  /** Asks the server by its token. */
  ask(path: string, body?: object): Promise<Response>;
  base: string;
}

/** Starts the lab on the committed notebooks, as the kit's own process or through a shell, and waits until it answers. */
async function openLab(runtime: string, { shell = false } = {}): Promise<Lab> {
  const port = freePort();
  const args = ["run", "-A", "--quiet", CLI, "lab", "--edit", "--no-browser", "--port", `${port}`];
  const quoted = [Deno.execPath(), ...args].map((text) => `'${text}'`).join(" ");
  const process = new Deno.Command(shell ? "sh" : Deno.execPath(), {
    // As npx does it; the shell has more to do, so it does not become the program itself.
    args: shell ? ["-c", `: deno task lab; ${quoted}; true`] : args,
    env: { JUPYTER_RUNTIME_DIR: runtime, NO_COLOR: "1" },
    ...{ stdin: "null", stdout: "null", stderr: "piped" },
  }).spawn();
  const said: string[] = [];
  for await (const line of linesOf(process.stderr)) {
    said.push(line);
    const [, base, token] =
      /^JupyterLab: (http:\/\/127\.0\.0\.1:\d+)\/lab\/tree\/notebooks\/00-tour\.ipynb\?token=(\w+)/.exec(
        line,
      ) ?? [];
    if (base === undefined) continue;
    const ask = (path: string, body?: object) =>
      fetch(`${base}${path}`, {
        method: body ? "POST" : "GET",
        headers: { Authorization: `token ${token}` },
        ...body ? { body: JSON.stringify(body) } : {},
      });
    return { process, port, base, ask };
  }
  throw new Error(`the lab did not start: ${said.join("\n")}`);
}

/** Starts a kernel; returns a port that it listens at as long as it lives. */
async function openKernel({ ask }: Lab, runtime: string): Promise<number> {
  const { id } = await (await ask("/api/kernels", { name: "deno", path: "notebooks" })).json();
  const connection = join(runtime, `kernel-${id}.json`);
  const { shell_port: port } = JSON.parse(await Deno.readTextFile(connection));
  await untilSo(() => listens(port));
  return port;
}

Deno.test("lab serves the notebooks on this machine only, behind a token, with Deno's kernel", () =>
  inFolder(async (runtime) => {
    const { ask, base, process, port } = await openLab(runtime);
    const specs = await (await ask("/api/kernelspecs")).json();
    assert.equal(specs.default, "deno");
    assert.deepEqual(Object.keys(specs.kernelspecs), ["deno"]);
    const folder = await (await ask("/api/contents/notebooks")).json();
    assert.equal(folder.type, "directory");
    const refused = await fetch(`${base}/api/contents`);
    await refused.body?.cancel();
    assert.equal(refused.status, 403);
    process.kill("SIGINT");
    await process.status;
    assert.equal(await listens(port), false);
  }));

for (
  const [what, options, signal] of [
    ["SIGTERM", {}, "SIGTERM"],
    ["the terminal's end", {}, "SIGHUP"],
    ["the kit's death", {}, "SIGKILL"],
    ["the death of the program that started it", { shell: true }, "SIGKILL"],
  ] as const
) {
  Deno.test(`lab ends with its kernels on ${what}`, () =>
    inFolder(async (runtime) => {
      const lab = await openLab(runtime, options), kernel = await openKernel(lab, runtime);
      lab.process.kill(signal);
      await lab.process.status;
      for (const port of [kernel, lab.port]) await untilSo(async () => !await listens(port));
    }));
}

Deno.test("copies of notebooks are made once, and one whose original has changed since is named", () =>
  inFolder(async (folder) => {
    const from = join(folder, "notebooks"), to = join(folder, "copies"), copy = join(to, "01-a.ipynb");
    await Deno.mkdir(from);
    await writeNotebook(join(from, "01-a.ipynb"), ["1;\n"]);
    await writeNotebook(join(from, "02-b.ipynb"), ["2;\n"]);
    assert.deepEqual(await copyNotebooks(from, to), []);
    assert.equal(await Deno.readTextFile(copy), await Deno.readTextFile(join(from, "01-a.ipynb")));
    await Deno.writeTextFile(copy, "somebody's work");
    await Deno.utime(join(from, "01-a.ipynb"), 4e9, 4e9);
    await Deno.remove(join(to, "02-b.ipynb"));
    assert.deepEqual(await copyNotebooks(from, to), ["01-a.ipynb"]);
    assert.equal(await Deno.readTextFile(copy), "somebody's work");
    assert.ok(await Deno.stat(join(to, "02-b.ipynb")));
  }));

Deno.test("copies stand beside lib, so that ../lib in their cells means what it meant, and out of git", async () => {
  assert.equal(join(ROOT, COPIES, "..", "lib"), join(ROOT, "lib"));
  assert.match(await Deno.readTextFile(join(ROOT, ".gitignore")), new RegExp(`^/${COPIES}/$`, "m"));
});
