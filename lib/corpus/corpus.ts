/**
 * The embedded corpus: short clips of drawn people saying original sentences, in LRS2's layout, so that every step
 * from `prepare` on runs on it as on real video. Speech is espeak-ng's, mouths follow its phonemes.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { KitError } from "../base/errors.ts";
import { exists, makeFolder, writeAtomic, writeJson } from "../base/files.ts";
import { Progress } from "../base/progress.ts";
import { type ClipPlan, CORPUS_SIZES, type CorpusSize, planCorpus } from "./plan.ts";
import { CLIP_TABLE, readRendered, writeRendered } from "./table.ts";
import type { RenderedClip } from "./render_clip.ts";
import { runJobs } from "../base/worker_pool.ts";
import { FRAME_RATE } from "../base/shapes.ts";

/** Changes whenever the same seed would give other videos. */
const VERSION = 3;
/** Videos may be of this many more before the table of clips is written again: a killed run renders so many anew. */
const UNSAVED = 24;

/** What corpus.json says: what was asked for and, once all is rendered, what came of it. */
interface Description {
  version: number;
  size: CorpusSize;
  seed: number;
  speakers?: number;
  clips?: number;
  frames?: number;
  hours?: number;
  /** Of the clips' own hashes, in order. */
  sha256?: string;
}

/** All videos of a speaker, so that a face is prepared once. */
export type RenderJob = { plans: ClipPlan[]; folder: string };

const writeDescription = (folder: string, description: Description) =>
  writeJson(join(folder, "corpus.json"), description);

/** Removes the videos of an older version: only files that a corpus has. */
async function removeVideos(folder: string): Promise<void> {
  await Deno.remove(join(folder, CLIP_TABLE)).catch(() => {});
  const main = join(folder, "main");
  if (!await exists(main)) return;
  for await (const { name: speaker, isDirectory } of Deno.readDir(main)) {
    if (!isDirectory || !/^s\d+$/.test(speaker)) continue;
    for await (const { name } of Deno.readDir(join(main, speaker))) {
      if (/^\d{5}\.(mp4|txt)$/.test(name)) await Deno.remove(join(main, speaker, name));
    }
    await Deno.remove(join(main, speaker)).catch(() => {}); // something else lies there
  }
}

/** Marks a new folder, clears one of an older version, and refuses one that holds another corpus. */
async function claim(folder: string, { size, seed }: { size: CorpusSize; seed: number }): Promise<void> {
  await makeFolder(folder);
  const path = join(folder, "corpus.json");
  if (await exists(path)) {
    let held: Partial<Description> | null = null;
    try {
      held = JSON.parse(await Deno.readTextFile(path));
    } catch { /* then it is none of ours */ }
    const [same, version] = [held?.size === size && held?.seed === seed, held?.version ?? Infinity];
    if (!same || version > VERSION) {
      throw new KitError(
        `${folder} holds a corpus of another size, seed or version`,
        "Choose another folder or remove it",
      );
    }
    if (version === VERSION) return;
    await removeVideos(folder);
  }
  await writeDescription(folder, { version: VERSION, size, seed });
}

/** Renders the videos of `missing` in worker processes, adding each to `rendered`. */
async function renderVideos(
  folder: string,
  missing: ClipPlan[],
  { plans, rendered, workers }: { plans: ClipPlan[]; rendered: Map<string, RenderedClip>; workers: number },
): Promise<void> {
  const bySpeaker = Map.groupBy(missing, ({ speaker }) => speaker);
  const jobs: RenderJob[] = [...bySpeaker.values()].map((videos) => ({ plans: videos, folder }));
  const progress = new Progress("corpus", plans.length, { unit: "clips", start: rendered.size });
  let unsaved = 0;
  try {
    const script = fileURLToPath(new URL("./corpus_worker.ts", import.meta.url));
    await runJobs<RenderJob, RenderedClip[]>(script, jobs, {
      workers,
      onOutcome: async ({ plans: videos }, outcome) => {
        if ("crash" in outcome) {
          throw new KitError(
            `Drawing ${videos[0].id} failed: ${outcome.crash}`,
            "Run the same command again",
          );
        }
        outcome.answer.forEach((clip, i) => rendered.set(videos[i].id, clip));
        progress.update(rendered.size);
        unsaved += videos.length;
        if (unsaved < UNSAVED) return;
        unsaved = 0;
        await writeRendered(folder, plans, rendered);
      },
    });
  } finally {
    progress.stop();
  }
}

/**
 * Renders the corpus into `<folder>/main/<speaker>/<clip>.mp4` and `.txt`, with the lists train.txt, val.txt and
 * test.txt beside `main`: 224x224 frames, 25 a second, 16 kHz sound. `tiny` has 4 speakers and 8 clips, `small` 85
 * speakers and about twelve minutes, `large` 100 speakers and over an hour; whole speakers are held out.
 *
 * clips.parquet has a row for each clip with the hash of its frames and sound, corpus.json a hash of all. Clips that are
 * there are kept, so an interrupted call goes on where it was; those of an older version are rendered again.
 * Throws KitError when the folder is not writable or holds another corpus.
 */
export async function generateCorpus(
  folder: string,
  { size = "small", seed = 1, workers = Math.min(4, navigator.hardwareConcurrency) }: {
    size?: CorpusSize;
    seed?: number;
    /** Processes that render side by side. */
    workers?: number;
  } = {},
): Promise<{ clips: ClipPlan[]; rendered: number; frames: number; sha256: string }> {
  if (!CORPUS_SIZES.includes(size)) {
    throw new KitError(`There is no corpus of size ${size}`, `Choose ${CORPUS_SIZES.join(", ")}`);
  }
  await claim(folder, { size, seed });
  const plans = await planCorpus({ size, seed }), rendered = await readRendered(folder);
  const missing = plans.filter(({ id }) => !rendered.has(id));
  for (const split of ["train", "val", "test"]) {
    const ids = plans.filter((plan) => plan.split === split).map(({ id }) => `${id}\n`);
    await writeAtomic(join(folder, `${split}.txt`), ids.join(""));
  }
  if (missing.length > 0) await renderVideos(folder, missing, { plans, rendered, workers });
  await writeRendered(folder, plans, rendered);

  const clips = plans.map(({ id }) => rendered.get(id)!), hash = createHash("sha256");
  for (const { sha256 } of clips) hash.update(sha256);
  const frames = clips.reduce((sum, clip) => sum + clip.frames, 0), sha256 = hash.digest("hex");
  await writeDescription(folder, {
    ...{ version: VERSION, size, seed },
    speakers: new Set(plans.map(({ speaker }) => speaker)).size,
    clips: plans.length,
    frames,
    hours: Number((frames / FRAME_RATE / 3600).toFixed(3)),
    sha256,
  });
  return { clips: plans, rendered: missing.length, frames, sha256 };
}
