/** What the paper's tables are made of, small enough to keep beside the code: scores video by video, and where from. */
import { join } from "node:path";
import { KitError } from "../base/errors.ts";
import { exists, writeJson } from "../base/files.ts";
import { readParquet, type Row, writeParquet } from "../base/parquet.ts";
import { type Entry, openSafetensors, writeSafetensors } from "../weights/safetensors.ts";
import type { Interval } from "../evaluation/statistics/bootstrap.ts";
import { type FeaturesOf, type FrechetScore, hasFeatures } from "../evaluation/statistics/frechet_scores.ts";
import { featureEntry, featuresIn, readRows, writeRows } from "../evaluation/scoring/score_folder.ts";
import { keyOf, refuseDuplicates, type ScoreRow } from "../evaluation/scoring/score_row.ts";
import type { Verdict } from "../evaluation/statistics/verdicts.ts";

/**
 * Version of the layout: tables.json, scores.parquet, features.safetensors, crowds.parquet, crowd-verdicts.parquet,
 * trainings.parquet.
 */
export const TABLES_VERSION = 2;

/** One training behind the tables. */
export interface TrainingRow {
  name: string;
  seed: number;
  kind: string;
  /** Steps that it took itself, of its configuration's. */
  steps: number;
  seconds: number;
  /** How many trainings shared the cores. */
  processes: number;
  /** Version of the way trainings go: the same configuration of another one gives other weights. */
  version: number;
  /** Best held-out loss, and how it ended. */
  best: number;
  ended: string;
  /** All of its configuration, as JSON. */
  config: string;
}

/** Stored tables; `facts` is whatever stands above them. */
export interface StoredTables<Facts> {
  facts: Facts;
  rows: ScoreRow[];
  crowds: FrechetScore[];
  crowdVerdicts: Verdict[];
  trainings: TrainingRow[];
}

const featuresPath = (folder: string) => join(folder, "features.safetensors");

/** An interval as columns. */
const flat = <T extends { interval: Interval | null }>({ interval, ...row }: T) => ({
  ...row,
  low: interval?.low ?? null,
  high: interval?.high ?? null,
  level: interval?.level ?? null,
});
const unflat = ({ low, high, level, ...row }: Row) => ({
  ...row,
  interval: low === null ? null : { low, high, level },
});

/**
 * Writes stored tables into a folder, with the features of the images that are compared as crowds, so that other
 * systems and seeds can join them later. Throws KitError when it is not writable.
 */
export async function writeStoredTables<Facts>(
  folder: string,
  { featuresOf, ...tables }: StoredTables<Facts> & { featuresOf: FeaturesOf },
): Promise<void> {
  const { facts, rows, crowds: frechet, crowdVerdicts: frechetVerdicts, trainings } = tables;
  await writeRows(join(folder, "scores.parquet"), rows);
  const features: Record<string, Entry> = {};
  for (const [k, row] of rows.entries()) if (hasFeatures(row)) features[k] = featureEntry(featuresOf(row));
  await writeSafetensors(featuresPath(folder), features, {});
  await writeParquet(join(folder, "crowds.parquet"), frechet.map(flat));
  const verdicts = frechetVerdicts.map(({ seeds: [ours, theirs], ...verdict }) => ({
    ...flat(verdict),
    ...{ ours_seeds: ours, their_seeds: theirs },
  }));
  await writeParquet(join(folder, "crowd-verdicts.parquet"), verdicts);
  await writeParquet(join(folder, "trainings.parquet"), trainings);
  // Last, so that a folder with tables.json is whole.
  await writeJson(join(folder, "tables.json"), { version: TABLES_VERSION, ...facts });
}

/**
 * What tables.json says, of whatever layout version; undefined where there is none. Throws KitError when it is damaged.
 */
export async function describedTables<Facts>(
  folder: string,
): Promise<(Facts & { version: number }) | undefined> {
  const path = join(folder, "tables.json");
  if (!await exists(path)) return;
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (cause) {
    throw new KitError(`${path} cannot be read`, "Remove it, and make it again with `deno task tables`", {
      cause,
    });
  }
}

/**
 * Reads stored tables. Throws KitError when the folder holds none, they are of another layout version, a file is
 * damaged, or a video counts twice for a system.
 */
export async function readStoredTables<Facts>(folder: string): Promise<StoredTables<Facts>> {
  const described = await describedTables<Facts>(folder);
  if (described === undefined) {
    throw new KitError(`There are no stored tables in ${folder}`, "Make them with `deno task tables`");
  }
  const { version, ...facts } = described;
  if (version !== TABLES_VERSION) {
    throw new KitError(
      `${folder} holds tables of layout version ${version}, this kit reads ${TABLES_VERSION}`,
      "Make them again with `deno task tables`",
    );
  }
  const scores = join(folder, "scores.parquet"), rows = readRows(scores);
  refuseDuplicates(rows, { path: scores });
  const verdicts = readParquet(join(folder, "crowd-verdicts.parquet"));
  return {
    facts: facts as unknown as Facts,
    rows,
    crowds: readParquet(join(folder, "crowds.parquet")).map(unflat) as unknown as FrechetScore[],
    crowdVerdicts: verdicts.map(({ ours_seeds, their_seeds, ...row }) => ({
      ...unflat(row),
      seeds: [ours_seeds, their_seeds],
    })) as unknown as Verdict[],
    trainings: readParquet(join(folder, "trainings.parquet")) as unknown as TrainingRow[],
  };
}

/**
 * The features of stored rows' images, in the order of the rows; none for rows that no crowd has. Throws KitError
 * when the file is absent or damaged.
 */
export async function readStoredFeatures(folder: string, rows: ScoreRow[]): Promise<FeaturesOf> {
  const file = await openSafetensors(featuresPath(folder)), held = new Map<string, Float32Array[]>();
  try {
    for (const [k, row] of rows.entries()) {
      if (hasFeatures(row)) held.set(keyOf(row), await featuresIn(file, `${k}`));
    }
  } finally {
    file.close();
  }
  return (row) => held.get(keyOf(row)) ?? [];
}
