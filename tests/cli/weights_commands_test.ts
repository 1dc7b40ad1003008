import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { foreignNetworks } from "../../lib/models/pytorch_names.ts";
import type { ImportReport } from "../../lib/weights/import.ts";
import { type LazyEntry, openSafetensors, writeSafetensors } from "../../lib/weights/safetensors.ts";
import { inFolder } from "../in_folder.ts";
import { kit } from "../kit.ts";

const golden = (file: string) => fileURLToPath(new URL(`../goldens/pytorch/${file}`, import.meta.url));

/** A visual quality discriminator as PyTorch names it: every bias counts its own position, every kernel is its own number. */
async function writeQuality(path: string, leaveOut: string[] = []): Promise<void> {
  const { specs, names } = foreignNetworks["visual-quality"]();
  const entries = Object.entries(specs).filter(([ours]) => !leaveOut.includes(names[ours].name))
    .map(([ours, { shape }], k): [string, LazyEntry] => {
      const foreign = shape.length === 4 ? [shape[3], shape[2], shape[0], shape[1]] : shape;
      const length = shape.reduce((a, b) => a * b, 1);
      const data = () =>
        shape.length === 4 ? new Float32Array(length).fill(k) : Float32Array.from({ length }, (_, j) => j);
      return [`module.${names[ours].name}`, {
        dtype: "F32",
        shape: foreign,
        make: () => Promise.resolve(data()),
      }];
    });
  await writeSafetensors(path, Object.fromEntries(entries));
}

Deno.test("import finds the network, says what matched and writes it; a part of it is reported, status 1", () =>
  inFolder(async (folder) => {
    const whole = join(folder, "whole.safetensors"), part = join(folder, "part.safetensors");
    const out = join(folder, "out.safetensors");
    await writeQuality(whole);
    const said = await kit(["import", whole, "--out", out]);
    assert.deepEqual([said.code, said.stderr], [0, ""]);
    assert.match(
      said.stdout,
      /: safetensors, visual-quality \(by its names\)\n28 of 28 tensors matched, 14,113,793 parameters\n/,
    );
    assert.ok(said.stdout.endsWith(`${out} written\n`));
    const file = await openSafetensors(out);
    const { specs } = foreignNetworks["visual-quality"]();
    assert.deepEqual(Object.keys(file.header.tensors).sort(), Object.keys(specs).sort());
    assert.equal(file.header.metadata.network, "visual-quality");
    assert.deepEqual([...await file.readF32("face/1/0/conv/bias")], Array.from({ length: 64 }, (_, k) => k));
    file.close();

    await Deno.remove(out);
    await writeQuality(part, ["binary_pred.0.bias"]);
    const failed = await kit(["import", part, "--out", out, "--as", "visual-quality", "--json"]);
    assert.equal(failed.code, 1);
    assert.match(
      failed.stderr,
      /^error: .*does not hold the whole of visual-quality: 1 tensor is missing, .*\n$/,
    );
    const report: ImportReport = JSON.parse(failed.stdout);
    assert.deepEqual([report.missing, report.matched.length, report.out], [
      ["binary_pred.0.bias"],
      27,
      undefined,
    ]);
    assert.equal(await Deno.stat(out).catch(() => "none"), "none");
  }));

Deno.test("import refuses what it cannot read by one line, and a network that it does not know as wrong usage", () =>
  inFolder(async (folder) => {
    const out = join(folder, "out.safetensors");
    const cases: [string[], number, RegExp][] = [
      [[golden("script.pt"), "--out", out], 1, /^error: .*script\.pt is TorchScript.*\n$/],
      [
        [golden("module_zip.pt"), "--out", out],
        1,
        /^error: .*asks for "__main__\.Net".*Nothing of it was run.*\n$/,
      ],
      [
        [golden("dtypes_zip.pt"), "--out", out],
        1,
        /^error: .*holds none of the networks that are known.*\n$/,
      ],
      [["absent.pth", "--out", out], 1, /^error: absent\.pth does not exist\. .*\n$/],
      [["x.pth", "--out", out, "--as", "lipgan"], 2, /^error: option '--as <network>' .*wav2lip-expert.*\n$/],
      [["x.pth"], 2, /^error: required option '--out <safetensors>' not specified\n$/],
    ];
    const said = await Promise.all(cases.map(([args]) => kit(["import", ...args])));
    said.forEach(({ code, stdout, stderr }, k) => {
      assert.deepEqual([code, stdout], [cases[k][1], ""], stderr);
      assert.match(stderr, cases[k][2]);
    });
  }));

Deno.test("fuzz runs and says what the damaged files did", async () => {
  const { code, stdout } = await kit(["fuzz", "--files", "300", "--seed", "5"]);
  assert.equal(code, 0);
  assert.equal(JSON.parse(stdout).files, 300);
});
