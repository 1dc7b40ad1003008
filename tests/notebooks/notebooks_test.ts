import { ROOT } from "../../lib/base/root.ts";
import assert from "node:assert/strict";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { KitError } from "../../lib/base/errors.ts";
import { openExperiment, storeExperiment } from "../../lib/notebooks/experiment.ts";
import { reproduce, type Written, writtenSince } from "../../lib/notebooks/reproduce.ts";
import { listNotebooks, notebookName } from "../../lib/notebooks/cells.ts";
import { runNotebook } from "../../lib/notebooks/run.ts";
import { writeNotebook } from "./made_notebook.ts";
import { outputText } from "./output_text.ts";
import { inFolder } from "../in_folder.ts";

const NOTEBOOKS = join(ROOT, "notebooks");

/** Cells that take part in every promise: import maps, relative imports, parameters, figures, progress. */
const CELLS = [
  'import { join } from "node:path";\nimport { Command } from "commander";\nimport { Progress } from "../lib/base/progress.ts";\n',
  'console.log(Deno.cwd(), Deno.env.get("HOME"), new Command("x").name());\n',
  'await Deno.writeTextFile(join(Deno.env.get("KIT_FIGURES")!, "drawn.svg"), Deno.env.get("KIT_PRESET")!);\n',
  'const progress = new Progress("counting", 2);\nprogress.update(1);\nprogress.stop();\n' +
  // What the kernel sends after it has said that the cell is done would be lost: the cell waits until it is heard.
  'while (![...Deno.readDirSync(Deno.env.get("KIT_FIGURES")!)].some(({ name }) => name === "heard")) {\n' +
  "  await new Promise((go) => setTimeout(go, 20));\n}\n",
  "6 * 7;\n",
];

/** Paths of this machine that a text shows. */
function machinePaths(text: string): string[] {
  const places = [ROOT, `${homedir()}/`, `${tmpdir()}/`, "file:///", "/home/", "/Users/"];
  return places.filter((place) => text.includes(place));
}

Deno.test("a notebook runs top to bottom with Deno's kernel and keeps its outputs, without this machine's traces", () =>
  inFolder(async (folder) => {
    const path = join(folder, "01-made.ipynb"), out = join(folder, "out.ipynb");
    await writeNotebook(path, CELLS);
    const cells: string[] = [], notes: string[] = [];
    await runNotebook(path, {
      out,
      folder: NOTEBOOKS,
      env: { KIT_PRESET: "tiny", KIT_FIGURES: folder },
      onCell: (cell, count) => cells.push(`${cell}/${count}`),
      onNote: (text) => {
        notes.push(text);
        Deno.writeTextFileSync(join(folder, "heard"), "");
      },
    });
    assert.deepEqual(cells, ["1/5", "2/5", "3/5", "4/5", "5/5"]);
    assert.match(notes.at(-1)!, /^counting: 1\/2 steps/);
    assert.equal(await Deno.readTextFile(join(folder, "drawn.svg")), "tiny");
    const text = outputText(out);
    assert.match(text, /\.\/notebooks ~ x\n/);
    assert.match(text, /42/);
    assert.deepEqual(machinePaths(text), []);
    const saved = JSON.parse(await Deno.readTextFile(out));
    assert.deepEqual(saved.metadata, {
      kernelspec: { display_name: "Deno", language: "typescript", name: "deno" },
      language_info: { file_extension: ".ts", mimetype: "text/x.typescript", name: "typescript" },
    });
    for (const { metadata } of saved.cells) assert.deepEqual(metadata, {});
    assert.equal(saved.cells[5].execution_count, 5);
  }));

Deno.test("a failing cell is one line that names notebook and cell, and the file stays as it was", () =>
  inFolder(async (folder) => {
    const failing: [string, string][] = [
      [
        'import { KitError } from "../lib/base/errors.ts";\nthrow new KitError("clip.mp4 is cut", "Copy it");\n',
        "clip.mp4 is cut. Copy it",
      ],
      ["const x: = 3;\n", "the cell is not valid TypeScript"],
      ["Deno.exit(3);\n", "the kernel died (out of memory, or killed)"],
    ];
    for (const [source, said] of failing) {
      const path = join(folder, "02-fails.ipynb");
      await writeNotebook(path, ["1;\n", "", source, "2;\n"]);
      const before = await Deno.readTextFile(path);
      await assert.rejects(runNotebook(path, { folder: NOTEBOOKS }), (error) => {
        assert.ok(error instanceof KitError);
        assert.equal(error.what, `Notebook 02-fails stopped in cell 2: ${said}`);
        return true;
      });
      assert.equal(await Deno.readTextFile(path), before);
    }
  }));

Deno.test("reproduce runs the chosen notebooks in order and lists what they wrote", () =>
  inFolder(async (folder) => {
    const figures = join(folder, "figures"), notebooks = join(folder, "notebooks");
    await Deno.mkdir(notebooks);
    await Deno.mkdir(figures);
    await Deno.writeTextFile(join(figures, "old.svg"), "from before");
    await Deno.utime(join(figures, "old.svg"), 1, 1);
    const writing = (name: string) =>
      `await Deno.writeTextFile(Deno.env.get("KIT_FIGURES") + "/${name}", Deno.env.get("KIT_PRESET")!);\n`;
    await writeNotebook(join(notebooks, "01-one.ipynb"), [writing("one.svg")]);
    await writeNotebook(join(notebooks, "02-two.ipynb"), [writing("two.md")]);
    await writeNotebook(join(notebooks, "03-three.ipynb"), [writing("three.md")]);
    const outputs = join(folder, "outputs"), one = join(notebooks, "01-one.ipynb");
    const options = { notebooks, figures, outputs, preset: "tiny" }, before = await Deno.readTextFile(one);
    const { written } = await reproduce({ ...options, only: ["02", "01-one"] });
    const names = (files: Written[]) => files.map(({ path }) => path.split("/").at(-1));
    assert.deepEqual(names(written), ["01-one.ipynb", "02-two.ipynb", "one.svg", "two.md"]);
    assert.deepEqual(written.slice(2).map(({ bytes }) => bytes), [4, 4]);
    assert.deepEqual(writtenSince(figures, 0).length, 3);
    const ran = (path: string) => JSON.parse(Deno.readTextFileSync(path)).cells[1].execution_count;
    assert.equal(ran(join(outputs, "01-one.ipynb")), 1);
    assert.equal(await Deno.readTextFile(one), before, "the notebook itself stays as it was");
    const again = await reproduce({ ...options, only: ["01"], write: true });
    assert.deepEqual([names(again.written), ran(one)], [["01-one.ipynb", "one.svg"], 1]);
  }));

Deno.test("reproduce tells notebooks whether they show what is stored", () =>
  inFolder(async (folder) => {
    const figures = join(folder, "figures"), notebooks = join(folder, "notebooks");
    await Deno.mkdir(notebooks);
    const source =
      'const said = Deno.env.get("KIT_STORED") ?? "no";\nawait Deno.writeTextFile(Deno.env.get("KIT_FIGURES") + "/said.md", said);\n';
    await writeNotebook(join(notebooks, "01-one.ipynb"), [source]);
    for (const [stored, said] of [[true, "1"], [false, "no"]] as const) {
      await reproduce({ notebooks, figures, outputs: folder, preset: "tiny", stored });
      assert.equal(await Deno.readTextFile(join(figures, "said.md")), said);
    }
  }));

/** One folder for the runs of all notebooks: a later one goes on from what an earlier one trained. */
const runs = Deno.makeTempDirSync({ prefix: "kit-runs-" });
globalThis.addEventListener("unload", () => Deno.removeSync(runs, { recursive: true }));

/** Runs a notebook with tiny networks and figures in `folder`; returns the text of its outputs. */
async function runTiny(path: string, folder: string, env: Record<string, string> = {}): Promise<string> {
  const out = join(folder, "out.ipynb");
  await runNotebook(path, { out, env: { KIT_PRESET: "tiny", KIT_FIGURES: folder, KIT_RUNS: runs, ...env } });
  return outputText(out);
}

for (const path of listNotebooks(NOTEBOOKS)) {
  Deno.test(`notebook ${notebookName(path)} runs with tiny networks`, () =>
    inFolder(async (folder) => assert.deepEqual(machinePaths(await runTiny(path, folder)), [])));

  // A notebook without a number is for experiments of one's own.
  if (!/^\d/.test(notebookName(path))) continue;
  Deno.test(`notebook ${notebookName(path)} is kept with outputs that show no machine's paths`, () => {
    const text = outputText(path);
    assert.ok(text.length > 0, "it has no outputs: run `deno task reproduce --write`");
    assert.deepEqual(machinePaths(text), []);
  });
}

Deno.test("with what a whole run has stored, the training notebooks show the same scores and train nothing", () =>
  inFolder(async (folder) => {
    const env = { KIT_PRESET: "tiny", KIT_FIGURES: folder, KIT_RUNS: runs };
    const trainings = listNotebooks(NOTEBOOKS).filter((path) => /^0[45]-/.test(notebookName(path)));
    const tables = ["discriminator-held-out", "mouth-error", "still-pose", "lse", "gan-branches"];
    const read = () => Promise.all(tables.map((name) => Deno.readTextFile(join(folder, `${name}.md`))));
    for (const path of trainings) await runTiny(path, folder);
    const before = await read();
    await storeExperiment(await openExperiment({ env }));
    for (const name of tables) await Deno.remove(join(folder, `${name}.md`));

    const nothing = join(folder, "no runs");
    for (const path of trainings) await runTiny(path, folder, { KIT_STORED: "1", KIT_RUNS: nothing });
    assert.deepEqual(await read(), before);
    const left = [...Deno.readDirSync(join(nothing, "corpus-tiny"))].map(({ name }) => name);
    assert.deepEqual(left, ["attention"]);
  }));
