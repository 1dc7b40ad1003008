import assert from "node:assert/strict";
import { configure, presets, settingsOf, withSettings } from "../../lib/training/config.ts";
import { MEANINGS, settingLines, settingRows } from "../../lib/training/settings.ts";

Deno.test("every setting of every preset has a meaning of its own line, and nothing else has", () => {
  for (const preset of Object.values(presets)) {
    const paths = Object.keys(settingsOf(preset)).filter((path) => path !== "system");
    assert.deepEqual(Object.keys(MEANINGS).sort(), paths.sort());
  }
  for (const [path, meaning] of Object.entries(MEANINGS)) assert.match(meaning, /^[^\n]{10,110}[^.]$/, path);
});

Deno.test("settings are listed with their preset's values, each of which is one that it takes", () => {
  for (const preset of Object.values(presets)) {
    const rows = settingRows(preset), { system: _, ...values } = settingsOf(preset);
    assert.deepEqual(Object.fromEntries(rows.map(({ setting, value }) => [setting, value])), values);
    assert.deepEqual(withSettings(preset, rows.map(({ setting, value }) => `${setting}=${value}`)), preset);
  }
});

Deno.test("what a setting takes is what a wrong value is told", () => {
  const rows = new Map(settingRows(presets.small).map((row) => [row.setting, row]));
  assert.equal(rows.get("gan.syncWeight")!.takes, "a number from 0 to 1");
  assert.equal(rows.get("pretrain.voicedOnly")!.takes, "true or false");
  assert.equal(rows.get("name")!.takes, "any text");
  for (const { setting, takes } of rows.values()) {
    if (takes === "any text") continue;
    assert.throws(() => configure("small", [`${setting}=?`]), new RegExp(`Give ${takes}`));
  }
});

Deno.test("a setting is two lines for a person", () => {
  const rows = settingRows(presets.small).filter(({ setting }) => ["seed", "gan.beta1"].includes(setting));
  assert.deepEqual(settingLines(rows), [
    "seed=1         (a whole number from 0 on)",
    "    decides first weights and the order of samples",
    "gan.beta1=0.9  (a number from 0 to below 1)",
    "    Adam's first beta, of every network that is trained",
  ]);
});
