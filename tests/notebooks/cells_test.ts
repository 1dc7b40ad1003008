import assert from "node:assert/strict";
import { join } from "node:path";
import { cellsAsModule, checkNotebooks, codeCells, listNotebooks } from "../../lib/notebooks/cells.ts";
import { writeNotebook } from "./made_notebook.ts";
import { inFolder } from "../in_folder.ts";

const ERRORS = new URL("../../lib/base/errors.ts", import.meta.url).href;

Deno.test("notebooks are listed in order; empty cells are left out of their code", () =>
  inFolder(async (folder) => {
    await writeNotebook(join(folder, "02-b.ipynb"), ["const a = 1;\n", "  \n", "a + 1;"]);
    await writeNotebook(join(folder, "01-a.ipynb"), []);
    await Deno.writeTextFile(join(folder, ".01-a.check.ts"), "");
    const paths = listNotebooks(folder);
    assert.deepEqual(paths, [join(folder, "01-a.ipynb"), join(folder, "02-b.ipynb")]);
    assert.deepEqual(codeCells(paths[1]), ["const a = 1;\n", "a + 1;"]);
    assert.equal(cellsAsModule(paths[1]), "// cell 1\nconst a = 1;\n\n;\n// cell 2\na + 1;\n;\nexport {};\n");
  }));

Deno.test("a file that is no notebook is refused by name", () =>
  inFolder(async (folder) => {
    for (const text of ["{", "{}"]) {
      await Deno.writeTextFile(join(folder, "x.ipynb"), text);
      assert.throws(() => codeCells(join(folder, "x.ipynb")), /x\.ipynb is not a notebook\. Save it again/);
    }
  }));

Deno.test("cells are type-checked and linted together, and nothing is left behind", () =>
  inFolder(async (folder) => {
    const good = join(folder, "good.ipynb"),
      bad = join(folder, "bad.ipynb"),
      untidy = join(folder, "untidy.ipynb");
    await writeNotebook(good, [
      `import { KitError } from "${ERRORS}";`,
      'new KitError("a", "b").what;',
    ]);
    await writeNotebook(bad, ["const width: number = 3;", "width.length;"]);
    await writeNotebook(untidy, ["let anything: any = 3;", "anything = 4;"]);
    const [clean, mistyped, unclean] = await Promise.all(
      [good, bad, untidy].map((path) => checkNotebooks([path])),
    );
    assert.equal(clean, "");
    assert.match(mistyped, /Property 'length' does not exist on type 'number'/);
    assert.match(unclean, /no-explicit-any/);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "bad.ipynb",
      "good.ipynb",
      "untidy.ipynb",
    ]);
  }));

Deno.test("a notebook that deno fmt would write otherwise is named, in any state of its cache", () =>
  inFolder(async (folder) => {
    const tidy = join(folder, "tidy.ipynb"), untidy = join(folder, "untidy.ipynb");
    const metadata = { language_info: { name: "typescript", file_extension: ".ts" } };
    await writeNotebook(tidy, ["const a = [1];", "a[0];"], { metadata });
    await writeNotebook(untidy, ["const a = [ 1 ]", "a[0];"], { metadata });
    assert.equal(await checkNotebooks([tidy]), "");
    assert.equal(await checkNotebooks([untidy, tidy]), `Not formatted, mend with \`deno fmt\`: ${untidy}`);
  }));
