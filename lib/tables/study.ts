// Questions that pretraining alone answers: the same data and steps, a few ways to train, several seeds of each:
// `deno task study`.
import { mean } from "d3-array";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { KitError } from "../base/errors.ts";
import { exists, writeJson } from "../base/files.ts";
import { readParquet, type Row, writeParquet } from "../base/parquet.ts";
import { FIGURES } from "../base/root.ts";
import { openDataset } from "../dataset/dataset.ts";
import { describeSyncDiscriminator } from "../models/sync_discriminator.ts";
import { experimentName, openExperimentOf } from "../notebooks/experiment.ts";
import { countParameters, disposeParams } from "../nn/params.ts";
import { type Config, settingsOf } from "../training/config.ts";
import { readLog } from "../training/log.ts";
import { loadDiscriminator } from "../training/run.ts";
import { syncAccuracy } from "../training/sync_accuracy.ts";
import { configureSystem } from "../training/systems.ts";
import { withThisMachine } from "./machines.ts";
import { readSweepRecord, runSweep } from "./sweep.ts";
import { folderOf, type SweepJob } from "./sweep_plan.ts";

/** One way to train: a system, with settings over the preset's. */
interface Arm {
  system?: string;
  settings?: string[];
}

/** A question's ways to train, by their names in tables. */
type Study = Record<string, Arm>;

/** The studies, by their names on the command line. */
export const STUDIES: Record<string, Study> = {
  // Does pretraining leave the plateau at ln 2?
  sampling: {
    "all pairs within clips": { settings: ["pretrain.sampling=within clips"] },
    "one by one, as Wav2Lip": { settings: ["pretrain.sampling=one by one"] },
  },
  // Do the LSTM and CBAM help the sync discriminator? Table 1's four, each pretrained alone.
  discriminators: {
    "w/o LSTM & CBAM": { system: "w/o LSTM & CBAM" },
    "w/o CBAM": { system: "w/o CBAM" },
    "w/o LSTM": { system: "w/o LSTM" },
    "Ours": { system: "Ours" },
  },
};

/** One evaluation on held-out clips of one training. */
export interface CurveRow extends Row {
  arm: string;
  seed: number;
  step: number;
  /** Mean training loss since the evaluation before. */
  train_loss: number;
  loss: number;
  auc: number;
}

/** One training: its best checkpoint by held-out loss, and that one on the test split's speakers. */
export interface EndRow extends Row {
  arm: string;
  seed: number;
  step: number;
  loss: number;
  auc: number;
  test_loss: number;
  test_auc: number;
  seconds: number;
  processes: number;
  parameters: number;
}

/** What a study's rows are of. */
export interface StudyFacts {
  study: string;
  /** For captions. */
  data: string;
  preset: string;
  settings: string[];
  steps: number;
  seeds: number[];
  /** All that pretraining was told, by arm. */
  arms: Record<string, Record<string, string | number | boolean>>;
  machine: string;
}

export interface StoredStudy {
  facts: StudyFacts;
  curves: CurveRow[];
  ends: EndRow[];
}

export interface StudyOptions {
  data?: string;
  preset?: string;
  /** Changes of the preset for every arm. */
  settings?: string[];
  seeds?: number[];
  processes?: number;
  /** Where the rows go; `figures/studies/<study>-<data>-<preset>` when not given. */
  out?: string;
  say?: (line: string) => void;
}

/** Where the rows of a study of an experiment are kept. */
export const studyFolder = (study: string, experiment: string): string =>
  join(FIGURES, "studies", `${study}-${experiment}`);

const factsPath = (folder: string) => join(folder, "study.json");
const curvesPath = (folder: string) => join(folder, "curves.parquet");
const endsPath = (folder: string) => join(folder, "ends.parquet");

/** Reads a study's rows; undefined where none are stored. Throws KitError when a file is damaged. */
export async function readStudy(folder: string): Promise<StoredStudy | undefined> {
  if (!await exists(factsPath(folder))) return;
  return {
    facts: JSON.parse(await Deno.readTextFile(factsPath(folder))),
    curves: readParquet(curvesPath(folder)) as CurveRow[],
    ends: readParquet(endsPath(folder)) as EndRow[],
  };
}

/** A study's trainings of one seed. None of them stops early, so that all arms have as many steps. */
function planStudy(
  study: string,
  { preset, settings, seed, runs }: { preset: string; settings: string[]; seed: number; runs: string },
): SweepJob[] {
  return Object.entries(STUDIES[study]).map(([name, { system, settings: own = [] }]): SweepJob => {
    const all = ["pretrain.patience=1000000", ...settings, ...own, `seed=${seed}`];
    const config = configureSystem(preset, { system, settings: all });
    const run = join(runs, `seed-${seed}`, folderOf(name));
    return { name, seed, kind: "discriminator", run, config, steps: config.pretrain.steps };
  });
}

/** The evaluations of a training, from its log. */
async function curveOf({ name: arm, seed, run }: SweepJob): Promise<CurveRow[]> {
  const rows: CurveRow[] = [];
  let losses: number[] = [];
  for (const row of await readLog(run)) {
    if (typeof row["train/loss"] === "number") losses.push(row["train/loss"]);
    if (typeof row["val/loss"] !== "number") continue;
    const [loss, auc] = [row["val/loss"], row["val/auc"]!];
    rows.push({ arm, seed, step: row.step, train_loss: mean(losses)!, loss, auc });
    losses = [];
  }
  return rows;
}

/** How a training ended, and its best checkpoint on people that it never saw, in training or in choosing. */
async function endOf(job: SweepJob, curve: CurveRow[], prepared: string): Promise<EndRow> {
  const { config: { discriminator, pretrain }, params, step } = await loadDiscriminator(job.run);
  const { minShift, voicedOnly } = pretrain;
  const test = await syncAccuracy(await openDataset(prepared, "test"), params, { minShift, voicedOnly });
  disposeParams(params);
  const best = curve.find((row) => row.step === step)!,
    { seconds, processes } = (await readSweepRecord(job))!.done!;
  return {
    ...{ arm: job.name, seed: job.seed, step, loss: best.loss, auc: best.auc },
    ...{ test_loss: test.loss, test_auc: test.auc, seconds, processes },
    parameters: countParameters(describeSyncDiscriminator(discriminator).specs),
  };
}

/** Throws KitError when rows that are stored are of other trainings than those asked for. */
function refuseOtherStudy(
  { facts }: StoredStudy,
  asked: Pick<StudyFacts, "arms" | "data">,
  folder: string,
): void {
  if (JSON.stringify([facts.arms, facts.data]) === JSON.stringify([asked.arms, asked.data])) return;
  throw new KitError(
    `${folder} holds this study with other settings or data`,
    "Give another folder with --out, or remove that one",
  );
}

const armsOf = (jobs: SweepJob[]): StudyFacts["arms"] =>
  Object.fromEntries(
    jobs.map(({ name, config: { discriminator, pretrain } }: { name: string; config: Config }) => [
      name,
      { ...settingsOf(pretrain), ...settingsOf({ discriminator }) },
    ]),
  );

/**
 * Pretrains every arm of a study for each seed, and keeps the evaluations and what became of each training. Seeds that
 * have rows already stay as they are; after each seed the rows are written, so a killed call loses none of them.
 * Throws KitError for an unknown study, data that cannot be used, or rows of other settings.
 */
export async function makeStudy(
  study: string,
  options: StudyOptions = {},
): Promise<StoredStudy & { folder: string }> {
  if (!Object.hasOwn(STUDIES, study)) {
    throw new KitError(`There is no study "${study}"`, `Use one of ${Object.keys(STUDIES).join(", ")}`);
  }
  const { data, preset = "small", settings = [], seeds = [1, 2, 3, 4, 5], say = () => {} } = options;
  const { processes = availableParallelism() } = options;
  const experiment = await openExperimentOf({ data, preset });
  const name = experimentName({ data, preset }), folder = options.out ?? studyFolder(study, name);
  const plan = { preset, settings, runs: join(experiment.runs, "studies", `${study}-${name}`) };
  const arms = armsOf(planStudy(study, { ...plan, seed: seeds[0] }));
  let stored = await readStudy(folder);
  if (stored) refuseOtherStudy(stored, { arms, data: experiment.data }, folder);
  const missing = seeds.filter((seed) => !stored?.facts.seeds.includes(seed));
  say(missing.length === 0 ? "All seeds are there" : `Seeds to train: ${missing.join(", ")}`);
  for (const seed of missing) {
    const jobs = planStudy(study, { ...plan, seed });
    await runSweep(jobs, { prepared: experiment.prepared, processes });
    const curves = await Promise.all(jobs.map(curveOf)), ends: EndRow[] = [];
    for (const [k, job] of jobs.entries()) ends.push(await endOf(job, curves[k], experiment.prepared));
    stored = {
      facts: {
        ...{ study, data: experiment.data, preset, settings, arms },
        steps: jobs[0].steps,
        seeds: [...stored?.facts.seeds ?? [], seed].sort((a, b) => a - b),
        machine: withThisMachine(stored?.facts.machine),
      },
      curves: [...stored?.curves ?? [], ...curves.flat()],
      ends: [...stored?.ends ?? [], ...ends],
    };
    await writeParquet(curvesPath(folder), stored.curves);
    await writeParquet(endsPath(folder), stored.ends);
    await writeJson(factsPath(folder), stored.facts); // last, so that it never promises rows that are not there
    say(`Seed ${seed} is in the rows in ${folder}`);
  }
  return { ...stored!, folder };
}
