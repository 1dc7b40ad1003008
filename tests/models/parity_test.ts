import assert from "node:assert/strict";
import { pytorchForward } from "../../lib/bench/pytorch_forward.ts";
import { type ForeignNetworkName, foreignNetworks } from "../../lib/models/pytorch_names.ts";
import { compile } from "../../lib/native/compile.ts";
import { disposeParams } from "../../lib/nn/params.ts";
import { type Tensor, tf } from "../../lib/native/tf.ts";
import { assertClose, readGolden, under } from "../golden.ts";
import { importMade } from "./made_network.ts";
import { madeInput } from "./made_weights.ts";

const { tensors: golden, metadata } = await readGolden("parity");
const gains: Record<ForeignNetworkName, number> = JSON.parse(metadata.gains);
const inputs: Record<ForeignNetworkName, [number[], number, number][]> = JSON.parse(metadata.inputs);

for (const name of Object.keys(foreignNetworks) as ForeignNetworkName[]) {
  Deno.test(`${name} at full width, imported, answers as PyTorch does within 1e-4`, async () => {
    const { params, report } = await importMade(foreignNetworks[name](), gains[name]);
    assert.deepEqual([report.network, report.missing, report.unexpected], [name, [], []]);
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
  });
}

/** Of an image, every fourth row and column, as the goldens have it. */
function everyFourth(answer: Tensor, { shape }: Tensor): Tensor {
  return shape.length === 4 ? tf.stridedSlice(answer, [0, 0, 0, 0], answer.shape, [1, 1, 4, 4]) : answer;
}
