import assert from "node:assert/strict";
import { join } from "node:path";
import { FIGURES } from "../../lib/base/root.ts";
import { parametersOf } from "../../lib/notebooks/parameters.ts";
import { inFolder } from "../in_folder.ts";

Deno.test("options become the environment that notebooks read; what is no prepared folder is refused", () =>
  inFolder(async (folder) => {
    assert.deepEqual(await parametersOf({}), { KIT_PRESET: "small", KIT_FIGURES: FIGURES });
    await assert.rejects(parametersOf({ data: folder }), /is not a prepared folder\. Make one with/);
    await Deno.writeTextFile(join(folder, "prepared.json"), "{}");
    assert.deepEqual(
      await parametersOf({ data: folder, preset: "tiny", stored: true, figures: join(folder, "figures") }),
      { KIT_PRESET: "tiny", KIT_FIGURES: join(folder, "figures"), KIT_DATA: folder, KIT_STORED: "1" },
    );
    const { KIT_STORED } = await parametersOf({ stored: true, figures: folder }, { keptIn: FIGURES });
    assert.equal(KIT_STORED, join(FIGURES, "stored"));
  }));
