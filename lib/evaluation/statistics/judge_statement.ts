import { resolve } from "node:path";
import { mean } from "d3-array";
import { openDataset } from "../../dataset/dataset.ts";
import { KitError } from "../../base/errors.ts";
import { disposeParams } from "../../nn/params.ts";
import { readState } from "../../training/checkpoint.ts";
import { bestPath, loadDiscriminator, readRun, type RunFile } from "../../training/run.ts";
import { type SyncAccuracy, syncAccuracy } from "../../training/sync_accuracy.ts";
import type { EvaluatedSystem } from "../scoring/evaluated_system.ts";
import type { JudgeSource } from "../judges/judge_source.ts";
import { SAME_SPEAKER } from "../judges/own_judge.ts";
import { metricOf } from "../metrics/metrics.ts";
import { REAL, type ScoreRow, SHUFFLED } from "../scoring/score_row.ts";
import type { Interval } from "./bootstrap.ts";
import { pairedDifference } from "./paired.ts";

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** How a judge tells real video from the same video with another clip's sound. */
export interface Separation {
  videos: number;
  /** Real less shuffled: below 0 for a judge that can tell, above 0 for the second. */
  lseD: { real: number; shuffled: number; interval: Interval };
  lseC: { real: number; shuffled: number; interval: Interval };
  /** Share of videos whose LSE-C is higher with their own sound. */
  share: number;
}

/** Fewer videos than this show nothing. */
const FEWEST_VIDEOS = 3;

/** How many rows of real video failed, and one of them, as the end of a sentence. */
function failuresOf(rows: ScoreRow[]): string {
  const failed = rows.filter(({ system, reason }) => [REAL, SHUFFLED].includes(system) && reason !== "");
  return failed.length === 0
    ? ""
    : `; ${failed.length} rows failed, such as ${failed[0].video}: ${failed[0].reason}`;
}

/**
 * Makes sure that a judge tells real video from real video with other sound: by video, LSE-D must be lower and LSE-C
 * higher with the own sound, and both intervals (95 %, bootstrap over videos) must exclude 0. A judge that cannot tell
 * these two cannot tell systems either.
 * Throws KitError when it does not, or when there are fewer than three videos with both scores.
 */
export function checkSeparation(rows: ScoreRow[], { judge }: { judge: string }): Separation {
  const judged = (name: string) =>
    new Map(
      rows.filter(({ system, lse_d }) => system === name && lse_d !== null).map((row) => [row.video, row]),
    );
  const own = judged(REAL), other = judged(SHUFFLED);
  const videos = [...own.keys()].filter((video) => other.has(video)).sort();
  if (videos.length < FEWEST_VIDEOS) {
    throw new KitError(
      `Only ${videos.length} videos could be judged with their own and with other sound, ${FEWEST_VIDEOS} are needed` +
        failuresOf(rows),
      "Prepare more or longer clips; scores.parquet says of each why it failed",
    );
  }
  const [d, c] = (["lse_d", "lse_c"] as const).map((name) => {
    const [real, shuffled] = [own, other].map((scores) => videos.map((video) => scores.get(video)![name]!));
    const { interval } = pairedDifference({ ours: new Map([[0, real]]), theirs: new Map([[0, shuffled]]) });
    return { label: metricOf(name).label, real: mean(real)!, shuffled: mean(shuffled)!, interval: interval! };
  });
  const said = ({ label, real, shuffled, interval }: typeof d) =>
    `${label} ${real.toFixed(3)} and ${shuffled.toFixed(3)}, difference within ` +
    `[${interval.low.toFixed(3)}, ${interval.high.toFixed(3)}]`;
  if (!(d.interval.high < 0 && c.interval.low > 0)) {
    throw new KitError(
      `${judge} does not tell real video from real video with other sound: ${said(d)}; ${said(c)} ` +
        `(${videos.length} videos)`,
      "Its scores would mean nothing: train one on more speakers (--judge-data) or for more steps (--judge-steps), " +
        "and evaluate into another folder",
    );
  }
  const higher = videos.filter((video) => own.get(video)!.lse_c! > other.get(video)!.lse_c!);
  return { videos: videos.length, lseD: d, lseC: c, share: higher.length / videos.length };
}

/** How the judge tells real video from shuffled, in words. */
export function separationText({ videos, lseD, lseC, share }: Separation): string {
  const pair = ({ real, shuffled }: { real: number; shuffled: number }) =>
    `${real.toFixed(3)} and ${shuffled.toFixed(3)}`;
  return `Real video and real video with other sound: LSE-D ${pair(lseD)}, LSE-C ${pair(lseC)} ` +
    `(${videos} videos, LSE-C higher with the own sound in ${percent(share)})`;
}

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

function doubtsOf({ config, data }: RunFile, systems: EvaluatedSystem[]): string[] {
  const { seed, discriminator: { lstm, cbam } } = config;
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
  const run = await readRun(source.run), { config: { seed }, data } = run;
  const { step } = await readState(bestPath(source.run));
  const { inSync, offSync, auc, pairs } = accuracy;
  return {
    official: false,
    accuracy,
    doubts: doubtsOf(run, systems),
    text:
      `Judge: the kit's own, not the official SyncNet (${step} steps, seed ${seed}, on ${data.name}). On speech of the ` +
      `evaluated clips it calls ${percent(inSync)} of pairs in sync and ${
        percent(offSync)
      } of pairs off sync rightly, ` +
      `AUC ${auc.toFixed(3)} (${pairs} pairs)`,
  };
}
