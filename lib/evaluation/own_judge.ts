import { basename, join, relative, resolve } from "node:path";
import { hashShare, type ManifestRow, readKept, readPrepared, writeManifest } from "../data/manifest.ts";
import { KitError } from "../errors.ts";
import { exists, makeFolder, writeAtomic } from "../files.ts";
import { type Config } from "../training/config.ts";
import { pretrain } from "../training/pretrain.ts";

/** Fewer clips than this teach nothing. */
const FEWEST_CLIPS = 4;
/** One clip in so many is held out, to end the judge's training by. */
const HELD_OUT_EVERY = 5;
/** Added to the largest seed of the systems: the judge begins elsewhere than any of their discriminators. */
const OTHER_SEED = 1000;

/**
 * The clips that a judge may learn from: those of speakers whom no system was trained on (nobody in the train split),
 * less the clips that are evaluated. Every fifth is held out.
 * Throws KitError when there are fewer than four.
 */
export function judgeClips(
  rows: ManifestRow[],
  { evaluated, folder }: { evaluated: Iterable<string>; folder: string },
): ManifestRow[] {
  const trained = new Set(rows.filter(({ split }) => split === "train").map(({ speaker }) => speaker));
  const judged = new Set(evaluated);
  const free = rows.filter(({ id, speaker }) => !trained.has(speaker) && !judged.has(id))
    .toSorted((a, b) => hashShare(a.id) - hashShare(b.id));
  if (free.length < FEWEST_CLIPS) {
    throw new KitError(
      `${folder} has ${free.length} clips of speakers outside its train split that are not evaluated, for a judge to ` +
        `learn from; ${FEWEST_CLIPS} are needed`,
      "Give a judge with --judge, evaluate fewer clips with --clips, or prepare with a larger val split",
    );
  }
  return free.map((row, k) => ({ ...row, split: k % HELD_OUT_EVERY === 0 ? "val" : "train" }));
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
  { out, evaluated, seeds, config, steps }: {
    out: string;
    evaluated: Iterable<string>;
    seeds: number[];
    config: Config;
    steps?: number;
  },
): Promise<string> {
  const run = join(out, "judge");
  const folder = join(out, "judge-data", `${basename(resolve(prepared))} (speakers for the judge)`);
  const clips = judgeClips(await readKept(prepared), { evaluated, folder: prepared });
  await writeJudgeFolder(folder, clips, prepared);
  const resume = await exists(join(run, "run.json"));
  await pretrain(folder, {
    run,
    config: {
      ...config,
      seed: Math.max(0, ...seeds) + OTHER_SEED,
      discriminator: { ...config.discriminator, lstm: "none", cbam: false },
    },
    steps,
    resume,
  });
  return run;
}
