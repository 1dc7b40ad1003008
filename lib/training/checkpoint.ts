import { KitError } from "../base/errors.ts";
import { exists } from "../base/files.ts";
import type { AdamState } from "../nn/adam.ts";
import type { Params, Specs } from "../nn/params.ts";
import { type Tensor, tf } from "../native/tf.ts";
import type { TrainedNetwork } from "./training_step.ts";
import { type Entry, openSafetensors, readHeader, writeSafetensors } from "../weights/safetensors.ts";

/** Version of the checkpoint's layout: `params/<path>`, `adam/m/<path>`, `adam/v/<path>`, `adam/powers`. */
export const CHECKPOINT_VERSION = 1;

/** What a run trains. */
export type RunKind = "discriminator" | "generator";

/** Trees of tensors by name and what else a training must know to go on. */
export interface Checkpoint {
  /** Tensor groups, for example { generator: {...}, discriminator: {...} }. */
  groups: Record<string, Params>;
  /** Numbers that are not tensors: the step, the random state, the best loss so far. */
  state: Record<string, number>;
}

const entryOf = (tensor: Tensor): Entry => ({
  dtype: "F32",
  shape: tensor.shape,
  data: tensor.dataSync() as Float32Array,
});

/** Groups of tensors as they are written into a file, each as `<group>/<name>`. */
export const entriesOf = (groups: Record<string, Record<string, Tensor>>): Record<string, Entry> =>
  Object.fromEntries(
    Object.entries(groups).flatMap(([group, tensors]) =>
      Object.entries(tensors).map(([name, tensor]) => [`${group}/${name}`, entryOf(tensor)])
    ),
  );

/** An optimizer's state as one group of tensors. */
const flattenAdam = ({ m, v, powers }: AdamState): Params => ({
  ...Object.fromEntries(Object.entries(m).map(([name, t]) => [`m/${name}`, t])),
  ...Object.fromEntries(Object.entries(v).map(([name, t]) => [`v/${name}`, t])),
  powers,
});

/** The optimizer's state out of its group. */
function unflattenAdam(group: Params): AdamState {
  const part = (prefix: string) =>
    Object.fromEntries(
      Object.entries(group).filter(([name]) => name.startsWith(prefix))
        .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
    );
  return { m: part("m/"), v: part("v/"), powers: group.powers };
}

/** The group of a network's optimizer: a pretraining has one network and one optimizer. */
const adamOf = (name: string, kind: RunKind) => kind === "discriminator" ? "adam" : `${name}_adam`;

/** The group of the average of a network's weights. */
const averageOf = (name: string) => `${name}_average`;

/** Trained networks by name as groups of a checkpoint. */
export const networkGroups = (
  networks: Record<string, TrainedNetwork>,
  kind: RunKind,
): Record<string, Params> =>
  Object.fromEntries(
    Object.entries(networks).flatMap(([name, { params, state, average }]) => [
      [name, params],
      [adamOf(name, kind), flattenAdam(state)],
      ...(average ? [[averageOf(name), average]] : []),
    ]),
  );

/** Writes a checkpoint, whole or not at all. */
export async function saveCheckpoint(path: string, { groups, state }: Checkpoint): Promise<void> {
  await writeSafetensors(path, entriesOf(groups), {
    checkpoint_version: String(CHECKPOINT_VERSION),
    state: JSON.stringify(state),
  });
}

/** The state in a checkpoint's metadata; throws KitError when the checkpoint is of another version. */
function stateIn(metadata: Record<string, string>, path: string): Checkpoint["state"] {
  if (metadata.checkpoint_version !== String(CHECKPOINT_VERSION)) {
    throw new KitError(
      `${path} is of checkpoint version ${metadata.checkpoint_version}, this kit reads ${CHECKPOINT_VERSION}`,
      "Train the run again with this version",
    );
  }
  // A number without end (no best loss yet) is written as null and read as absent.
  const state = Object.entries(JSON.parse(metadata.state)).filter(([, value]) => value !== null);
  return Object.fromEntries(state) as Record<string, number>;
}

/** A checkpoint's state, its tensors left alone. Throws KitError when it is damaged or of another version. */
export async function readState(path: string): Promise<Checkpoint["state"]> {
  return stateIn((await readHeader(path)).metadata, path);
}

/**
 * Reads a checkpoint's groups (all, or those named). Throws KitError when it is absent, cut short or of
 * another version.
 */
export async function loadCheckpoint(path: string, only?: string[]): Promise<Checkpoint> {
  if (!(await exists(path))) throw new KitError(`There is no checkpoint ${path}`, "Check the run's folder");
  const file = await openSafetensors(path);
  try {
    const { metadata, tensors } = file.header, state = stateIn(metadata, path);
    const groups: Record<string, Params> = {};
    for (const [full, { shape }] of Object.entries(tensors)) {
      const [group] = full.split("/", 1);
      if (only && !only.includes(group)) continue;
      (groups[group] ??= {})[full.slice(group.length + 1)] = tf.keep(
        tf.tensor(await file.readF32(full), shape, "float32"),
      );
    }
    return { groups, state };
  } finally {
    file.close();
  }
}

/** Whether a checkpoint holds a group of tensors; throws KitError when the file is damaged. */
export async function holdsGroup(path: string, group: string): Promise<boolean> {
  const { tensors } = await readHeader(path);
  return Object.keys(tensors).some((name) => name.startsWith(`${group}/`));
}

/** Checks parameters against what a network expects; throws KitError that names the first difference. */
export function checkParams(path: string, params: Params | undefined, specs: Specs): Params {
  const remedy = "The checkpoint belongs to another network or configuration";
  if (!params) throw new KitError(`${path} does not hold this network`, remedy);
  for (const [name, { shape }] of Object.entries(specs)) {
    const found = params[name]?.shape;
    if (!found) throw new KitError(`${path} lacks ${name}`, remedy);
    if (found.join() !== shape.join()) {
      throw new KitError(`${path} holds ${name} [${found}] where [${shape}] is expected`, remedy);
    }
  }
  const extra = Object.keys(params).find((name) => !(name in specs));
  if (extra) throw new KitError(`${path} holds ${extra}, which this network does not have`, remedy);
  return params;
}

/** A trained network out of a checkpoint's groups; throws KitError that names the first difference from `specs`. */
export const networkIn = (
  { groups }: Checkpoint,
  { path, kind, name, specs }: { path: string; kind: RunKind; name: string; specs: Specs },
): TrainedNetwork => ({
  params: checkParams(path, groups[name], specs),
  state: unflattenAdam(groups[adamOf(name, kind)]),
  ...(groups[averageOf(name)] ? { average: groups[averageOf(name)] } : {}),
});
