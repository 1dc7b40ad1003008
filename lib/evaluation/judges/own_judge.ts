import { basename, join, relative, resolve } from "node:path";
import { hashShare } from "../../prepare/splits.ts";
import { type ManifestRow, readSelected, writeManifest } from "../../dataset/manifest.ts";
import { readPrepared } from "../../dataset/prepared.ts";
import { KitError } from "../../base/errors.ts";
import { makeFolder, writeAtomic } from "../../base/files.ts";
import { type Config } from "../../training/config.ts";
import { pretrain } from "../../training/pretrain.ts";
import { isRun } from "../../training/run.ts";
import { withSystem } from "../../training/systems.ts";

/** Fewer clips than this teach nothing. */
const FEWEST_CLIPS = 4;
/** One speaker in so many is held out, to end the judge's training by; one clip where there are fewer speakers. */
const HELD_OUT_EVERY = 5;
/** Added to the largest seed of the systems: the judge begins elsewhere than any of their discriminators. */
const OTHER_SEED = 1000;

/** Whether two folders hold a clip in common: then a speaker's name means the same person in both. */
function sameVideos(a: ManifestRow[], b: ManifestRow[]): boolean {
  const nameOf = ({ id, sound_hash, frames }: ManifestRow) => `${id} ${sound_hash} ${frames}`;
  const names = new Set(a.map(nameOf));
  return b.some((row) => names.has(nameOf(row)));
}

/** Whether two folders hold one and the same speaker alone. */
const isOneSpeaker = (rows: ManifestRow[], known: ManifestRow[]): boolean =>
  sameVideos(rows, known) && new Set([...rows, ...known].map(({ speaker }) => speaker)).size === 1;
/** How a judge's folder ends that had to learn from the speaker whom it judges. */
export const SAME_SPEAKER = "other clips of the same speaker, for the judge";

/**
 * The clips of `rows` that a judge may learn from: those of speakers whom no system was trained on (nobody in the train
 * split of `known`, the clips that systems learn from), less the clips that are evaluated. Where the two have no clip in
 * common all may be used; where there is one speaker only, clips outside the train split. Every fifth speaker is held
 * out, or every fifth clip where there are fewer than five speakers.
 * Throws KitError when there are fewer than four clips.
 */
export function judgeClips(
  rows: ManifestRow[],
  { known, evaluated, folder }: { known: ManifestRow[]; evaluated: Iterable<string>; folder: string },
): ManifestRow[] {
  const same = sameVideos(rows, known), judged = new Set(same ? evaluated : []);
  const trained = new Set(
    known.filter(({ split }) => same && split === "train").map(({ speaker }) => speaker),
  );
  const learnt = isOneSpeaker(rows, known)
    ? new Set(known.filter(({ split }) => split === "train").map(({ id }) => id))
    : undefined;
  const free = rows.filter(({ id, speaker }) =>
    !judged.has(id) && (learnt ? !learnt.has(id) : !trained.has(speaker))
  )
    .toSorted((a, b) => hashShare(a.id) - hashShare(b.id));
  if (free.length < FEWEST_CLIPS) {
    throw new KitError(
      `${folder} has ${free.length} clips of speakers outside the train split that are not evaluated, for a judge to ` +
        `learn from; ${FEWEST_CLIPS} are needed`,
      "Give a judge with --judge, or a prepared folder of other speakers with --judge-data",
    );
  }
  const speakers = [...new Set(free.map(({ speaker }) => speaker))];
  const place = speakers.length < HELD_OUT_EVERY
    ? (_: ManifestRow, k: number) => k
    : ({ speaker }: ManifestRow) => speakers.indexOf(speaker);
  return free.map((row, k) => ({ ...row, split: place(row, k) % HELD_OUT_EVERY === 0 ? "val" : "train" }));
}

/** Writes a prepared folder of these clips; their files stay where they are. */
async function writeJudgeFolder(folder: string, clips: ManifestRow[], prepared: string): Promise<void> {
  await makeFolder(folder);
  await writeAtomic(join(folder, "prepared.json"), JSON.stringify(await readPrepared(prepared)));
  const place = (path: string) => relative(resolve(folder), resolve(prepared, path));
  await writeManifest(folder, clips.map((row) => ({ ...row, path: place(row.path) })), []);
}

/**
 * Trains a judge for an evaluation: the plain discriminator without LSTM and CBAM, from another seed than any system's,
 * on speakers that no system was trained on. What was begun goes on. Returns its run folder, `<out>/judge`.
 * Throws KitError when too few clips are left for it.
 */
export async function trainOwnJudge(
  prepared: string,
  { out, data = prepared, evaluated, seeds, config, steps }: {
    out: string;
    /** A prepared folder to learn from; the evaluated one when not given. */
    data?: string;
    evaluated: Iterable<string>;
    seeds: number[];
    config: Config;
    steps?: number;
  },
): Promise<string> {
  const run = join(out, "judge");
  const known = await readSelected(prepared), rows = await readSelected(data);
  const clips = judgeClips(rows, { known, evaluated, folder: data });
  const whose = isOneSpeaker(rows, known) ? SAME_SPEAKER : "speakers for the judge";
  const folder = join(out, "judge-data", `${basename(resolve(data))} (${whose})`);
  await writeJudgeFolder(folder, clips, data);
  const resume = await isRun(run);
  const { ended } = await pretrain(folder, {
    run,
    config: { ...withSystem(config, "w/o LSTM & CBAM"), seed: Math.max(0, ...seeds) + OTHER_SEED },
    steps,
    resume,
  });
  if (ended === "interrupted") {
    throw new KitError(
      `The training of the judge ${run} was interrupted`,
      "The same command goes on with it",
    );
  }
  return run;
}
