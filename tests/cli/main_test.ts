import { ROOT } from "../../lib/base/root.ts";
import assert from "node:assert/strict";
import { join } from "node:path";
import { kit } from "../kit.ts";

/** The tasks of deno.json. */
const tasks: Record<string, { description: string; command: string }> =
  JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json"))).tasks;
/** Those that are commands. */
const commands = Object.keys(tasks).filter((name) => name !== "setup");

Deno.test("every task is a command with help and the other way round, and makes sure first that set-up is done", async () => {
  const { code, stdout, stderr } = await kit(["--help"]);
  assert.equal(code, 0);
  assert.equal(stderr, "");
  const listed = [...stdout.matchAll(/^ {2}([a-z]+) .*/gm)].map(([, name]) => name);
  assert.deepEqual(listed.sort(), Object.keys(tasks).sort());
  for (const name of commands) {
    assert.match(stdout, new RegExp(`^  ${name} `, "m"));
    assert.equal(tasks[name].command, `deno run -A --quiet lib/cli/start.ts ${name}`);
  }
  for (const [name, { description }] of Object.entries(tasks)) {
    assert.match(description ?? "", /^[A-Z].{20,110}[^.]$/, `deno task lists ${name} with what it does`);
  }
  const helps = await Promise.all(commands.map((name) => kit([name, "--help"])));
  helps.forEach((help, index) => {
    assert.equal(help.code, 0);
    assert.match(help.stdout, new RegExp(`^Usage: deno task ${commands[index]}`));
  });
});

Deno.test("wrong usage is one line on standard error and status 2", async () => {
  const wrong: [string[], RegExp][] = [
    [
      ["prepare", "videos", "out", "--evry", "3"],
      /^error: unknown option '--evry' \(Did you mean --every\?\)\n$/,
    ],
    [["prepare", "videos"], /^error: missing required argument 'out'\n$/],
    [["prepare", "videos", "out", "more"], /^error: too many arguments.*\n$/],
    [
      ["prepare", "videos", "out", "--every", "0"],
      /^error: option '--every <frames>' .* whole number from 1 on\.\n$/,
    ],
    [["pretrain", "prepared"], /^error: required option '--run <dir>' not specified\n$/],
    [["train", "prepared"], /^error: required option .--run <dir>. not specified\n$/],
    [["pretrain", "prepared", "--run", "r", "--steps", "1e3"], /^error: option '--steps <number>' .*\n$/],
    [["dubb"], /^error: unknown command 'dubb'.*\n$/],
  ];
  const said = await Promise.all(wrong.map(([args]) => kit(args)));
  said.forEach(({ code, stdout, stderr }, index) => {
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, wrong[index][1]);
  });
  const { code, stdout } = await kit([]);
  assert.deepEqual([code, stdout], [2, ""]);
});

Deno.test("settings are listed with values, what they take and what they mean; help says where they are listed", async () => {
  const { stdout } = await kit(["settings", "syncWeight", "clipnorm", "--preset", "paper"]);
  assert.match(stdout, /^gan\.syncWeight=0\.03 +\(a number from 0 to 1\)\n {4}weight of E_sync/m);
  assert.deepEqual(stdout.match(/^\S+(?==)/gm), ["pretrain.clipNorm", "gan.clipNorm", "gan.syncWeight"]);
  const { stdout: json } = await kit(["settings", "syncWeight", "--system", "Wav2Lip", "--json"]);
  assert.deepEqual(JSON.parse(json).map(({ value }: { value: number }) => value), [0.01 / 3]);
  for (const name of ["pretrain", "train", "tables", "study"]) {
    assert.match((await kit([name, "--help"])).stdout.replace(/\s+/g, " "), /`deno task settings` lists all/);
  }
});

Deno.test("a fault is one line, what and what to do, and status 1; KIT_DEBUG=1 shows the place", async () => {
  const faults: [string[], RegExp][] = [
    [["prepare", "/no/such folder", "out"], /^error: .*\/no\/such folder.*\. .+\n$/],
    [["prepare", "/no/such folder", "out", "--json"], /^error: .*\n$/],
    [
      ["pretrain", "/no/prepared", "--run", "/no/run"],
      /^error: \/no\/prepared is not a prepared folder\. .+\n$/,
    ],
    [
      ["pretrain", "x", "--run", "y", "--preset", "huge"],
      /^error: There is no preset "huge"\. Use one of .*\n$/,
    ],
    [
      ["pretrain", "x", "--run", "y", "--set", "gan.nope=1"],
      /^error: There is no setting "gan\.nope"\. .*\n$/,
    ],
    [
      ["pretrain", "x", "--run", "y", "--system", "LipGAN"],
      /^error: LipGAN has no discriminator to pretrain\. `task train --system "LipGAN"` trains it\n$/,
    ],
    [
      ["train", "x", "--run", "y", "--set", "gan.sinkWeight=1"],
      /^error: There is no setting "gan\.sinkWeight"\. Did you mean gan\.syncWeight\? `deno task settings` lists all\n$/,
    ],
    [["settings", "nothing"], /^error: No setting's name contains nothing\. .*\n$/],
    [["reproduce", "--preset", "huge"], /^error: There is no preset "huge"\. .*\n$/],
    [
      ["reproduce", "--data", "/no/prepared"],
      /^error: \/no\/prepared is not a prepared folder\. Make one with .*\n$/,
    ],
    [["reproduce", "--only", "99-none"], /^error: There is no notebook 99-none\. There are .*\n$/],
  ];
  const said = await Promise.all(faults.map(([args]) => kit(args)));
  said.forEach(({ code, stdout, stderr }, index) => {
    assert.equal(code, 1, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, faults[index][1]);
  });
  const { stderr } = await kit(["reproduce", "--data", "/no/prepared"], { KIT_DEBUG: "1" });
  assert.match(stderr, /^error: .*\n.*KitError: [^]* at (async )?reproduce/);
});
