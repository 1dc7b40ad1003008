import { resolve } from "node:path";
import { type Dataset, openDataset } from "../../dataset/dataset.ts";
import { KitError } from "../../base/errors.ts";
import { readRun } from "../../training/run.ts";
import type { SyncAccuracy } from "../../training/sync_accuracy.ts";
import { judgeRecord } from "./clip_judge.ts";
import type { EvaluatedSystem } from "../scoring/evaluated_system.ts";
import type { JudgeSource } from "./judge_source.ts";
import { SAME_SPEAKER } from "./own_judge.ts";
import { REAL, type ScoreRow } from "../scoring/score_row.ts";
import type { Separation } from "./separation.ts";

/** Throws KitError when a judge's run folder is that of a system: it would judge its own case. */
export function refuseOwnCase(judge: string, systems: EvaluatedSystem[]): void {
  const own = systems.find(({ run }) => resolve(run) === resolve(judge));
  if (!own) return;
  throw new KitError(
    `The judge ${judge} is the discriminator that ${own.name} was trained against`,
    "It would judge its own case: give another run, or none, and the kit trains one",
  );
}

/** Clips of a folder by their ids. */
async function onlyClips(folder: string, ids: Set<string>): Promise<Dataset> {
  const dataset = await openDataset(folder, "all");
  const places = [...dataset.rows.keys()].filter((k) => ids.has(dataset.rows[k].id));
  return {
    ...dataset,
    places: places.map((k) => dataset.places[k]),
    rows: places.map((k) => dataset.rows[k]),
    open: (k) => dataset.open(places[k]),
    clip: (k) => dataset.clip(places[k]),
  };
}

/** What is said of the judge beside every table. */
export interface JudgeStatement {
  official: boolean;
  /** How a judge of the kit tells sync on the evaluated clips with their own sound; null for the official SyncNet. */
  accuracy: SyncAccuracy | null;
  /** Who judges and how well. */
  text: string;
  /** Where it is not independent of the systems; empty when it is. */
  doubts: string[];
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** How the judge tells real video from shuffled, in words. */
export function separationText({ videos, lseD, lseC, share }: Separation): string {
  const pair = ({ real, shuffled }: { real: number; shuffled: number }) =>
    `${real.toFixed(3)} and ${shuffled.toFixed(3)}`;
  return `Real video and real video with other sound: LSE-D ${pair(lseD)}, LSE-C ${pair(lseC)} ` +
    `(${videos} videos, LSE-C higher with the own sound in ${percent(share)})`;
}

async function doubtsOf(run: string, systems: EvaluatedSystem[]): Promise<string[]> {
  const { config: { seed, discriminator: { lstm, cbam } }, data } = await readRun(run);
  const sameData = systems.filter((system) => system.data === data.name).map(({ name }) => name);
  return [
    ...(lstm !== "none" || cbam ? ["it has an LSTM or CBAM, as what some systems were trained against"] : []),
    ...(data.name.endsWith(`(${SAME_SPEAKER})`) ? ["it learnt from other clips of the same speaker"] : []),
    ...(systems.some((system) => system.seed === seed) ? [`its seed ${seed} is that of a system`] : []),
    ...(sameData.length > 0
      ? [`it learnt from the folder ${data.name}, as ${[...new Set(sameData)].join(", ")} did`]
      : []),
  ];
}

/** Describes the judge of an evaluation by its own record on the clips that were evaluated. */
export async function judgeStatement(
  source: JudgeSource,
  { prepared, rows, systems }: { prepared: string; rows: ScoreRow[]; systems: EvaluatedSystem[] },
): Promise<JudgeStatement> {
  if (source.kind === "syncnet") {
    const text = "Judge: official (SyncNet's published weights)";
    return { official: true, accuracy: null, text, doubts: [] };
  }
  const good = rows.filter(({ system, reason }) => system === REAL && reason === "");
  const dataset = await onlyClips(prepared, new Set(good.map(({ video }) => video)));
  const { step, data, seed, accuracy } = await judgeRecord(source.run, dataset);
  const { inSync, offSync, auc, pairs } = accuracy;
  return {
    official: false,
    accuracy,
    doubts: await doubtsOf(source.run, systems),
    text:
      `Judge: the kit's own, not the official SyncNet (${step} steps, seed ${seed}, on ${data}). On speech of the ` +
      `evaluated clips it calls ${percent(inSync)} of pairs in sync and ${
        percent(offSync)
      } of pairs off sync rightly, ` +
      `AUC ${auc.toFixed(3)} (${pairs} pairs)`,
  };
}
