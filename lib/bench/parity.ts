// Imported networks held against PyTorch's answers at full width: `deno task parity`.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { KitError } from "../base/errors.ts";
import { temporaryFolder } from "../base/files.ts";
import { loadImported } from "../models/imported.ts";
import { answerOf, checkPython, pytorch } from "./pytorch.ts";
import { pytorchForward } from "./pytorch_forward.ts";
import { type ForeignNetworkName, foreignNetworks } from "../models/pytorch_names.ts";
import { compile } from "../native/compile.ts";
import { disposeParams } from "../nn/params.ts";
import type { Row } from "../base/parquet.ts";
import { type Tensor, tf } from "../native/tf.ts";
import { importWeights } from "../weights/import.ts";
import { openWeights } from "../weights/stored_weights.ts";

const SCRIPT = fileURLToPath(new URL("./parity_pytorch.py", import.meta.url));

/** The largest difference that still counts as the same, relative to the largest value. */
export const PARITY_TOLERANCE = 1e-4;

/** What PyTorch says of the network that it saved. */
interface Saved {
  /** Tensors in the file, counters of batches included. */
  tensors: number;
  parameters: number;
  /** The difference of the answers to two inputs, relative to the largest value. */
  apart: number;
}

const saved = (python: string, network: ForeignNetworkName, folder: string): Promise<Saved> =>
  answerOf([python, SCRIPT, "--network", network, "--out", folder], {
    what: `PyTorch's ${network}`,
    remedy: "See that memory and disk are not full, and run it again",
  });

/** Inputs in their order, and outputs by name, as PyTorch wrote them. */
async function readAnswers(file: string): Promise<{ inputs: Tensor[]; outputs: Record<string, Tensor> }> {
  const weights = await openWeights(file);
  try {
    const inputs: Tensor[] = [], outputs: Record<string, Tensor> = {};
    for (const [name, tensor] of weights.tensors) {
      const value = tf.tensor(await tensor.read(tensor.shape.map((_, axis) => axis)), tensor.shape);
      const [kind, key] = name.split("/");
      if (kind === "input") inputs[Number(key)] = value;
      else outputs[key] = value;
    }
    return { inputs, outputs };
  } finally {
    weights.close();
  }
}

/** The largest difference of two tensors, relative to the largest value that is expected; NaN where one holds NaN. */
export function largestDifference(found: Tensor, expected: Tensor): number {
  if (found.shape.join() !== expected.shape.join()) return Infinity;
  const a = found.dataSync(), b = expected.dataSync();
  let difference = 0, largest = 0;
  for (let k = 0; k < b.length; k++) {
    if (Number.isNaN(a[k]) || Number.isNaN(b[k])) return NaN;
    difference = Math.max(difference, Math.abs(a[k] - b[k]));
    largest = Math.max(largest, Math.abs(b[k]));
  }
  return difference / largest;
}

/** Imports one file and compares what the network then answers. */
async function compared(
  file: string,
  network: ForeignNetworkName,
  { inputs, outputs }: { inputs: Tensor[]; outputs: Record<string, Tensor> },
): Promise<{ matched: number; difference: number }> {
  const out = `${file}.safetensors`;
  const { network: found, matched, missing, wrong, unexpected } = await importWeights(file, {
    out,
    networks: foreignNetworks,
  });
  if (found !== network || missing.length + wrong.length + unexpected.length > 0) {
    throw new KitError(
      `${network} was imported as ${found}, not whole`,
      "Run `deno task import` on such a file",
    );
  }
  const params = await loadImported(out, foreignNetworks[network]());
  try {
    const difference = tf.tidy(() => {
      const answers = compile(pytorchForward[network])(params, inputs);
      const names = Object.keys(outputs);
      if (names.toSorted().join() !== Object.keys(answers).toSorted().join()) return Infinity;
      return names.reduce((most, name) => {
        const here = largestDifference(answers[name], outputs[name]);
        return here > most || Number.isNaN(here) ? here : most;
      }, 0);
    });
    return { matched: matched.length, difference };
  } finally {
    disposeParams(params);
    await Deno.remove(out);
  }
}

/**
 * For each network PyTorch saves random weights at full width in both file forms and answers some inputs; the kit imports
 * each file and answers the same inputs. PyTorch is that of `python`, or comes in an environment of its own, made on the
 * first call.
 * Returns a row for each network and form: tensors in the file, those that the kit takes (all but the counters of
 * batches), parameters, the largest difference relative to the largest value, and how far the answers to two of the inputs
 * are apart, which says what the difference means. Throws KitError when PyTorch or the import fails.
 */
export async function parity(
  networks = Object.keys(foreignNetworks) as ForeignNetworkName[],
  { python: named }: { python?: string } = {},
): Promise<Row[]> {
  const python = named === undefined ? await pytorch() : await checkPython(named);
  const rows: Row[] = [];
  for (const network of networks) {
    await using folder = await temporaryFolder();
    console.error(`${network}: PyTorch saves it and answers`);
    const { tensors, parameters, apart } = await saved(python, network, folder.path);
    const answers = await readAnswers(join(folder.path, "answers.pth"));
    for (const form of ["zip", "stream"]) {
      console.error(`${network}: the kit imports the ${form} form and answers`);
      const { matched, difference } = await compared(join(folder.path, `${form}.pth`), network, answers);
      rows.push({
        network,
        form,
        tensors,
        taken: matched,
        parameters,
        "largest difference": difference.toExponential(1),
        "two inputs apart": apart.toExponential(1),
        same: difference < PARITY_TOLERANCE,
      });
    }
    tf.dispose([answers.inputs, answers.outputs] as never);
  }
  return rows;
}
