import { createHash } from "node:crypto";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { KitError } from "../../base/errors.ts";
import { exists, makeFolder, writeJson } from "../../base/files.ts";
import { readTable, writeParquet } from "../../base/parquet.ts";
import {
  type Entry,
  type OpenSafetensors,
  openSafetensors,
  writeSafetensors,
} from "../../weights/safetensors.ts";
import type { EvaluationSetup } from "./score_jobs.ts";
import {
  type FeaturesOf,
  keyOf,
  refuseDuplicates,
  SCORE_COLUMNS,
  type ScoreKey,
  type ScoreRow,
} from "./score_row.ts";

/** Version of the score folder's layout: evaluation.json, scores.parquet, parts/, features/. */
export const SCORES_VERSION = 2;

/** A number that is none is written as null: it is no score. */
const cell = (value: unknown) => typeof value === "number" && !Number.isFinite(value) ? null : value ?? null;

/** Writes score rows as Parquet, whole or not at all. */
export async function writeRows(path: string, rows: ScoreRow[]): Promise<void> {
  const cells = rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, cell(value)]))
  );
  await writeParquet(path, cells, SCORE_COLUMNS);
}

/** Rows of a score file; throws KitError when it is damaged or has other columns. */
export function readRows(path: string): ScoreRow[] {
  let rows: Record<string, unknown>[];
  try {
    rows = readTable(path);
  } catch (cause) {
    throw new KitError(`${path} cannot be read as scores`, "Delete it and evaluate again", { cause });
  }
  const lacking = Object.keys(SCORE_COLUMNS).filter((name) => rows[0] && !(name in rows[0]));
  if (lacking.length === 0) return rows as unknown as ScoreRow[];
  throw new KitError(
    `${path} has no column ${lacking.join(", ")}`,
    "It is not of this kit, or of another version",
  );
}

const partsOf = (folder: string) => join(folder, "parts");
export const scoresPath = (folder: string): string => join(folder, "scores.parquet");

/** A name for the files of one row. */
const fileName = (key: ScoreKey): string => createHash("sha1").update(keyOf(key)).digest("hex").slice(0, 20);

/**
 * Opens a score folder, or makes it, for one setup. Throws KitError when it holds scores of another setup (another judge,
 * other pairs) or of another version: they would not compare.
 */
export async function openScoreFolder(folder: string, setup: EvaluationSetup): Promise<void> {
  const path = join(folder, "evaluation.json");
  if (!await exists(path)) {
    await makeFolder(partsOf(folder));
    return await writeJson(path, { version: SCORES_VERSION, ...setup });
  }
  let held: EvaluationSetup & { version: number };
  try {
    held = JSON.parse(await Deno.readTextFile(path));
  } catch (cause) {
    throw new KitError(`${path} cannot be read`, "Give a folder made by `deno task evaluate`", { cause });
  }
  if (held.version !== SCORES_VERSION) {
    throw new KitError(
      `${folder} holds scores of layout version ${held.version}, this kit writes ${SCORES_VERSION}`,
      "Evaluate into another folder",
    );
  }
  const other = (Object.keys(setup) as (keyof EvaluationSetup)[]).find((key) => held[key] !== setup[key]);
  if (other === undefined) return;
  throw new KitError(
    `${folder} holds scores with ${other} "${held[other]}", not "${setup[other]}"`,
    "They do not compare: evaluate into another folder",
  );
}

/** Features [n] of [d] as one tensor. */
export function featureEntry(features: Float32Array[]): Entry {
  const size = features[0]?.length ?? 0, data = new Float32Array(features.length * size);
  features.forEach((feature, k) => data.set(feature, k * size));
  return { dtype: "F32", shape: [features.length, size], data };
}

/** Features [n] of [d] of a tensor in an open file. */
export async function featuresIn(file: OpenSafetensors, name: string): Promise<Float32Array[]> {
  const all = await file.readF32(name), [count, size] = file.header.tensors[name].shape;
  return Array.from({ length: count }, (_, k) => all.subarray(k * size, (k + 1) * size));
}

/**
 * Stores one row, and the features [n] of [d] of its images, each whole or not at all: what was stored survives the
 * process. Features go first, so a row that is there has them.
 */
export async function storeScore(
  folder: string,
  row: ScoreRow,
  features: Float32Array[] = [],
): Promise<void> {
  const name = fileName(row);
  if (features.length > 0) {
    const path = join(folder, "features", `${name}.safetensors`);
    await writeSafetensors(path, { features: featureEntry(features) }, {});
  }
  await writeRows(join(partsOf(folder), `${name}.parquet`), [row]);
}

/** The features of a row's images, [n] of [d]; none where none were stored. */
export async function readFeatures(folder: string, key: ScoreKey): Promise<Float32Array[]> {
  const path = join(folder, "features", `${fileName(key)}.safetensors`);
  if (!await exists(path)) return [];
  using file = await openSafetensors(path);
  return await featuresIn(file, "features");
}

/** The features of a folder's rows; throws KitError for a good row that has none. */
export async function scoredFeatures(folder: string, rows: ScoreRow[]): Promise<FeaturesOf> {
  const held = new Map<string, Float32Array[]>();
  for (const row of rows) if (row.reason === "") held.set(keyOf(row), await readFeatures(folder, row));
  return (row) => {
    const features = held.get(keyOf(row)) ?? [];
    if (features.length > 0) return features;
    throw new KitError(
      `${folder} has lost the features of ${row.video} with the sound of ${row.sound} by ${row.system}`,
      "Evaluate into another folder",
    );
  };
}

/** The parts that a folder holds: files of one row each. */
async function listParts(folder: string): Promise<string[]> {
  if (!await exists(partsOf(folder))) return [];
  const files = await Array.fromAsync(Deno.readDir(partsOf(folder)));
  return files.filter(({ name }) => name.endsWith(".parquet")).map(({ name }) => join(partsOf(folder), name))
    .sort();
}

/**
 * All rows of a folder: those of scores.parquet and those of parts that are not in it yet. A part that says the same as
 * scores.parquet is what a merge that was killed has left. Throws KitError when two rows are of the same video by the
 * same system, or a file is damaged.
 */
export async function readScores(folder: string): Promise<ScoreRow[]> {
  const path = scoresPath(folder), rows = await exists(path) ? readRows(path) : [];
  refuseDuplicates(rows, { path });
  const held = new Map(rows.map((row) => [keyOf(row), row]));
  const parts = (await listParts(folder)).flatMap(readRows);
  rows.push(...parts.filter((row) => !isDeepStrictEqual(held.get(keyOf(row)), row)));
  refuseDuplicates(rows, { path: folder });
  return rows;
}

/** Joins all parts into scores.parquet, sorted by system, seed and video, and returns its rows. */
export async function mergeScores(folder: string): Promise<ScoreRow[]> {
  const parts = await listParts(folder), rows = await readScores(folder);
  rows.sort((a, b) => keyOf(a) < keyOf(b) ? -1 : 1);
  if (parts.length > 0) await writeRows(scoresPath(folder), rows);
  for (const part of parts) await Deno.remove(part);
  return rows;
}

/** Takes failed rows out of a folder, so that they are scored again; says how many. */
export async function forgetFailures(folder: string): Promise<number> {
  const rows = await mergeScores(folder), good = rows.filter(({ reason }) => reason === "");
  if (good.length < rows.length) await writeRows(scoresPath(folder), good);
  return rows.length - good.length;
}

/**
 * Puts rows that were scored elsewhere with the same setup into a folder, which is made where there is none; rows that
 * are there stay. Throws KitError when the folder holds scores of another setup, or of other weights under the same name.
 */
export async function restoreScores(
  folder: string,
  { setup, rows, featuresOf }: { setup: EvaluationSetup; rows: ScoreRow[]; featuresOf: FeaturesOf },
): Promise<void> {
  await openScoreFolder(folder, setup);
  const held = new Map((await readScores(folder)).map((row) => [keyOf(row), row]));
  for (const row of rows) {
    const old = held.get(keyOf(row));
    if (old === undefined) await storeScore(folder, row, featuresOf(row));
    else if (old.weights !== row.weights) {
      throw new KitError(
        `${folder} holds scores of ${row.system}, seed ${row.seed}, with weights ${old.weights}, not ${row.weights}`,
        "They are of another training: remove that folder",
      );
    }
  }
}
