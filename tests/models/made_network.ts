import { join } from "node:path";
import { loadImported } from "../../lib/models/imported.ts";
import type { Params } from "../../lib/nn/params.ts";
import { axesOf } from "../../lib/weights/match.ts";
import type { ForeignNetwork } from "../../lib/weights/foreign.ts";
import { type ImportReport, importWeights } from "../../lib/weights/import.ts";
import { type LazyEntry, writeSafetensors } from "../../lib/weights/safetensors.ts";
import { madeWeight } from "./made_weights.ts";
import { inFolder } from "../in_folder.ts";

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

/** A network with made weights under PyTorch's names, imported as a user's file is. */
export function importMade(
  network: ForeignNetwork,
  gain: number,
): Promise<{ params: Params; report: ImportReport }> {
  return inFolder(async (folder) => {
    const file = join(folder, "pytorch.safetensors"), out = join(folder, "imported.safetensors");
    await writeSafetensors(file, pytorchWeights(network, gain));
    const report = await importWeights(file, { out, networks: { [network.name]: () => network } });
    return { params: await loadImported(out, network), report };
  });
}
