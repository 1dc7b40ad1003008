// What the paper's tables are made of, small enough to keep beside the code: scores video by video, and where from.
import { join } from "node:path";
import { KitError } from "../base/errors.ts";
import { exists, writeJson } from "../base/files.ts";
import { readParquet, type Row, writeParquet } from "../base/parquet.ts";
import { FIGURES } from "../base/root.ts";
import type { Interval } from "../evaluation/statistics/bootstrap.ts";
import {
  type FrechetResults,
  type FrechetScore,
  hasFeatures,
} from "../evaluation/statistics/frechet_scores.ts";
import type { EvaluationSetup } from "../evaluation/scoring/score_jobs.ts";
import { featureEntry, featuresIn, readRows, writeRows } from "../evaluation/scoring/score_folder.ts";
import { type FeaturesOf, keyOf, refuseDuplicates, type ScoreRow } from "../evaluation/scoring/score_row.ts";
import type { Verdict } from "../evaluation/statistics/verdicts.ts";
import {
  type EvaluationFacts,
  type EvaluationReport,
  reportOf,
} from "../evaluation/statistics/evaluation_report.ts";
import { type Entry, openSafetensors, writeSafetensors } from "../weights/safetensors.ts";

/**
 * Version of the layout: tables.json, scores.parquet, features.safetensors, crowds.parquet, crowd-verdicts.parquet,
 * trainings.parquet.
 */
export const TABLES_VERSION = 2;

/** The tables that come with the kit. */
export const EMBEDDED = "corpus-small";

/** Where the tables of a data set are kept. */
export const tablesFolder = (name: string): string => join(FIGURES, "tables", name);

const factsPath = (folder: string) => join(folder, "tables.json");
const featuresPath = (folder: string) => join(folder, "features.safetensors");

/** Whether a folder holds stored tables. */
export const hasTables = (folder: string): Promise<boolean> => exists(factsPath(folder));

/** What stands above the tables of one data set. */
export interface TablesFacts extends EvaluationFacts {
  /** The data set for captions, and what its licence wants said. */
  data: string;
  credit: string;
  /** With what was changed of it. */
  preset: string;
  seeds: number[];
  /** Name of the distance between sets of images. */
  distance: string;
  /** So many pairs of clips only; all when absent. */
  clips?: number;
  /** The processor and its cores, of each machine: hours mean nothing without. */
  machine: string;
  /** What the scores depend on beside the systems. */
  setup: EvaluationSetup;
}

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

export interface StoredTables {
  facts: TablesFacts;
  rows: ScoreRow[];
  frechet: FrechetResults;
  trainings: TrainingRow[];
}

/** The tables of a data set as a report, and their folder. */
export type TablesReport = EvaluationReport & {
  tables: TablesFacts;
  trainings: TrainingRow[];
  folder: string;
};

/** An interval as columns. */
const flat = <T extends { interval: Interval | null }>({ interval, ...row }: T) => ({
  ...row,
  ...interval ?? { low: null, high: null, level: null },
});
const unflat = ({ low, high, level, ...row }: Row) => ({
  ...row,
  interval: low === null ? null : { low, high, level },
});

/**
 * Writes stored tables into a folder, with the features of the images that are compared, so that other
 * systems and seeds can join them later. Throws KitError when it is not writable.
 */
export async function writeStoredTables(
  folder: string,
  { facts, rows, frechet, trainings, featuresOf }: StoredTables & { featuresOf: FeaturesOf },
): Promise<void> {
  await writeRows(join(folder, "scores.parquet"), rows);
  const features: Record<string, Entry> = {};
  for (const [k, row] of rows.entries()) if (hasFeatures(row)) features[k] = featureEntry(featuresOf(row));
  await writeSafetensors(featuresPath(folder), features, {});
  await writeParquet(join(folder, "crowds.parquet"), frechet.scores.map(flat));
  const verdicts = frechet.verdicts.map(({ seeds: [ours_seeds, their_seeds], ...verdict }) => ({
    ...flat(verdict),
    ...{ ours_seeds, their_seeds },
  }));
  await writeParquet(join(folder, "crowd-verdicts.parquet"), verdicts);
  await writeParquet(join(folder, "trainings.parquet"), trainings);
  // Last, so that a folder with tables.json is whole.
  await writeJson(factsPath(folder), { version: TABLES_VERSION, ...facts });
}

/** What tables.json says, of any layout version; undefined where there is none. Throws KitError when it is damaged. */
export async function describedTables(
  folder: string,
): Promise<(TablesFacts & { version: number }) | undefined> {
  if (!await hasTables(folder)) return;
  try {
    return JSON.parse(await Deno.readTextFile(factsPath(folder)));
  } catch (cause) {
    const remedy = "Remove it, and make it again with `deno task tables`";
    throw new KitError(`${factsPath(folder)} cannot be read`, remedy, { cause });
  }
}

/** Reads the trainings behind stored tables; throws KitError when the file is absent or damaged. */
export const readTrainings = (folder: string): TrainingRow[] =>
  readParquet(join(folder, "trainings.parquet")) as unknown as TrainingRow[];

/**
 * Reads stored tables. Throws KitError when the folder holds none, they are of another layout version, a file is
 * damaged, or a video counts twice for a system.
 */
export async function readStoredTables(folder: string): Promise<StoredTables> {
  const described = await describedTables(folder);
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
  const verdicts = readParquet(join(folder, "crowd-verdicts.parquet"))
    .map(({ ours_seeds, their_seeds, ...row }) => ({ ...unflat(row), seeds: [ours_seeds, their_seeds] }));
  return {
    ...{ facts, rows },
    frechet: {
      distance: facts.distance,
      scores: readParquet(join(folder, "crowds.parquet")).map(unflat) as unknown as FrechetScore[],
      verdicts: verdicts as unknown as Verdict[],
    },
    trainings: readTrainings(folder),
  };
}

/**
 * The features of stored rows' images, in the order of the rows; none for rows that are not compared. Throws KitError
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

/** The stored tables of a data set, as a report. Throws KitError as `readStoredTables` does. */
export async function openTables(folder: string): Promise<TablesReport> {
  const { facts, rows, frechet, trainings } = await readStoredTables(folder);
  return { ...reportOf(rows, frechet, facts), tables: facts, trainings, folder };
}
