import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../lib/base/errors.ts";
import { loadImported } from "../../lib/models/imported.ts";
import { foreignNetworks } from "../../lib/models/pytorch_names.ts";
import { tf } from "../../lib/native/tf.ts";
import { type Entry, writeSafetensors } from "../../lib/weights/safetensors.ts";
import { importMade } from "./made_network.ts";
import { inFolder } from "../in_folder.ts";

const network = foreignNetworks["visual-quality"](0.03);

Deno.test("an imported file gives every parameter of its network", async () => {
  const { params } = await importMade(network, 1);
  assert.deepEqual(
    Object.entries(params).map(([path, { shape }]) => [path, shape]),
    Object.entries(network.specs).map(([path, { shape }]) => [path, shape]),
  );
  tf.dispose(params);
});

Deno.test("a file of another network, of another version or not whole is refused, and nothing is left", () =>
  inFolder(async (folder) => {
    const file = join(folder, "other.safetensors");
    const before = tf.memory().numTensors;
    const entry = (shape: number[]): Entry => ({
      dtype: "F32",
      shape,
      data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
    });
    const whole = Object.fromEntries(
      Object.entries(network.specs).map(([path, { shape }]) => [path, entry(shape)]),
    );
    const { "real/bias": _, ...lacking } = whole;
    const good = { network: "visual-quality", import_version: "1" };
    const cases: [Record<string, Entry>, Record<string, string>, RegExp][] = [
      [whole, { ...good, network: "syncnet" }, /holds syncnet, version 1 of its layout, not visual-quality/],
      [whole, { ...good, import_version: "0" }, /holds visual-quality, version 0/],
      [whole, {}, /holds no imported network/],
      [lacking, good, /^real\/bias of .* is absent$/],
      [{ ...whole, "real/bias": entry([2]) }, good, /^real\/bias of .* is \[2\] where \[1\] is expected$/],
    ];
    for (const [tensors, metadata, what] of cases) {
      await writeSafetensors(file, tensors, metadata);
      await assert.rejects(
        loadImported(file, network),
        (error: KitError) => error instanceof KitError && what.test(error.what),
      );
    }
    assert.equal(tf.memory().numTensors, before);
  }));
