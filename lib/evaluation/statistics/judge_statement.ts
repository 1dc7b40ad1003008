import { resolve } from "node:path";
import { openDataset } from "../../dataset/dataset.ts";
import { KitError } from "../../base/errors.ts";
import { disposeParams } from "../../nn/params.ts";
import { readState } from "../../training/checkpoint.ts";
import { bestPath, loadDiscriminator, readRun } from "../../training/run.ts";
import { type SyncAccuracy, syncAccuracy } from "../../training/sync_accuracy.ts";
import type { EvaluatedSystem } from "../scoring/evaluated_system.ts";
import type { JudgeSource } from "../judges/judge_source.ts";
import { SAME_SPEAKER } from "../judges/own_judge.ts";
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

/** How a run's discriminator tells sync on some clips of a folder. Throws KitError as `syncAccuracy` does. */
async function accuracyOn(run: string, folder: string, ids: Set<string>): Promise<SyncAccuracy> {
  const dataset = await openDataset(folder, "all"), { params } = await loadDiscriminator(run);
  const places = [...dataset.rows.keys()].filter((k) => ids.has(dataset.rows[k].id));
  try {
    return await syncAccuracy({
      folder,
      rows: places.map((k) => dataset.rows[k]),
      clip: (k) => dataset.clip(places[k]),
    }, params);
  } finally {
    disposeParams(params);
  }
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
  const accuracy = await accuracyOn(source.run, prepared, new Set(good.map(({ video }) => video)));
  const { config: { seed }, data } = await readRun(source.run),
    { step } = await readState(bestPath(source.run));
  const { inSync, offSync, auc, pairs } = accuracy;
  return {
    official: false,
    accuracy,
    doubts: await doubtsOf(source.run, systems),
    text:
      `Judge: the kit's own, not the official SyncNet (${step} steps, seed ${seed}, on ${data.name}). On speech of the ` +
      `evaluated clips it calls ${percent(inSync)} of pairs in sync and ${
        percent(offSync)
      } of pairs off sync rightly, ` +
      `AUC ${auc.toFixed(3)} (${pairs} pairs)`,
  };
}
