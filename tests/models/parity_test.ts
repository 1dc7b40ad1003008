import assert from "node:assert/strict";
import { join } from "node:path";
import { loadImported } from "../../lib/models/imported.ts";
import { pytorchForward } from "../../lib/models/pytorch_forward.ts";
import { type ForeignNetworkName, foreignNetworks } from "../../lib/models/pytorch_names.ts";
import { compile } from "../../lib/native/compile.ts";
import { disposeParams } from "../../lib/nn/params.ts";
import { type Tensor, tf } from "../../lib/tf.ts";
import { axesOf } from "../../lib/weights/match.ts";
import type { ForeignNetwork } from "../../lib/weights/foreign.ts";
import { importWeights } from "../../lib/weights/import.ts";
import { type LazyEntry, writeSafetensors } from "../../lib/weights/safetensors.ts";
import { assertClose, readGolden, under } from "../golden.ts";
import { madeInput, madeWeight } from "./made_weights.ts";

const { tensors: golden, metadata } = await readGolden("parity");
const gains: Record<ForeignNetworkName, number> = JSON.parse(metadata.gains);
const inputs: Record<ForeignNetworkName, [number[], number, number][]> = JSON.parse(metadata.inputs);

/** The names and shapes that PyTorch's form of a network has, with made weights. */
function pytorchWeights({ specs, names }: ForeignNetwork, gain: number): Record<string, LazyEntry> {
  const entries = Object.entries(specs).map(([path, { shape: ours }]): [string, LazyEntry] => {
    const { name, order } = names[path];
    // Steps in time and channels share an axis of ours: five steps of RGB where the lips come in, one elsewhere.
    const steps = path === "lip/0/conv/kernel" ? 5 : 1;
    const split = order === "conv3dAsConv2d" ? [ours[0], ours[1], steps, ours[2] / steps, ours[3]] : ours;
    const shape: number[] = [];
    axesOf(order, split.length).forEach((axis, k) => shape[axis] = split[k]);
    return [name, { dtype: "F32", shape, make: () => Promise.resolve(madeWeight(name, shape, gain)) }];
  });
  return Object.fromEntries(entries);
}

for (const name of Object.keys(foreignNetworks) as ForeignNetworkName[]) {
  Deno.test(`${name} at full width, imported, answers as PyTorch does within 1e-4`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const file = join(folder, "pytorch.safetensors"), out = join(folder, "imported.safetensors");
      await writeSafetensors(file, pytorchWeights(foreignNetworks[name](), gains[name]));
      const report = await importWeights(file, { out, networks: foreignNetworks });
      assert.deepEqual([report.network, report.out, report.unexpected], [name, out, []]);
      const params = await loadImported(out, name);
      tf.tidy(() => {
        const given = inputs[name].map((input, k) =>
          tf.tensor(madeInput(`${name}/${k}`, input), input[0], "float32")
        );
        const answers = compile(pytorchForward[name])(params, given);
        const expected = under(golden, `${name}/`);
        assert.deepEqual(Object.keys(answers).sort(), Object.keys(expected).sort());
        for (const [key, value] of Object.entries(expected)) {
          assertClose(everyFourth(answers[key], value), value, `${name}: ${key}`);
        }
      });
      disposeParams(params);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** Of a picture, every fourth row and column, as the goldens have it. */
function everyFourth(answer: Tensor, { shape }: Tensor): Tensor {
  return shape.length === 4 ? tf.stridedSlice(answer, [0, 0, 0, 0], answer.shape, [1, 1, 4, 4]) : answer;
}
