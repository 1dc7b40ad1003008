import { availableParallelism, freemem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { KitError } from "../errors.ts";
import { exists, makeFolder, writeAtomic } from "../files.ts";
import { Progress } from "../progress.ts";
import { ffmpegPath } from "../media/ffmpeg.ts";
import {
  bearsStamp,
  type ClipConfig,
  clipConfig,
  type ClipRow,
  readFinished,
  type Stamp,
  stampTexts,
} from "./clip_file.ts";
import { listClips, type SourceClip } from "./layouts.ts";
import {
  type ManifestRow,
  parseSplit,
  PREPARED_VERSION,
  readPrepared,
  type RejectRow,
  splitOf,
  writeManifest,
} from "./manifest.ts";
import type { ClipJob, Rejection } from "./prepare_clip.ts";
import { runJobs } from "./worker_pool.ts";

export { type ManifestRow, readManifest, readRejects, type RejectRow } from "./manifest.ts";

export interface PrepareOptions {
  /** A face is looked for on every so many frames; between them its box is interpolated. */
  every?: number;
  /** Shares of train, val and test: "95,2,3". */
  split?: string;
  /** Preparing processes; unless given as many as the machine has cores, and memory for. */
  workers?: number;
  /** Try again what was rejected before. */
  retryRejects?: boolean;
}

/** With this many speakers or more, whole speakers are dealt into the splits, so that none is in two of them. */
const SPLIT_SPEAKERS_FROM = 10;
const WORKER = fileURLToPath(new URL("./prepare_worker.ts", import.meta.url));
/** The processes share the cores already, so each one's TensorFlow keeps to one, and off a GPU they would all fill. */
const ONE_CORE = {
  OMP_NUM_THREADS: "1",
  TF_NUM_INTRAOP_THREADS: "1",
  TF_NUM_INTEROP_THREADS: "1",
  CUDA_VISIBLE_DEVICES: "-1",
};
/** Memory that one preparing process takes, with room to spare: 0.65 GB were measured. */
const WORKER_BYTES = 1e9;

type Answer = { row: ClipRow } | Rejection | { fault: string; remedy: string };

const clipPath = (id: string) => `clips/${id}.safetensors`;
const rejectPath = (id: string) => `rejects/${id}.json`;

function defaultWorkers(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(freemem() / WORKER_BYTES)));
}

/** Opens or makes the prepared folder; throws KitError when it is of another version or not writable. */
async function openFolder(out: string, config: ClipConfig): Promise<void> {
  await makeFolder(out);
  if (await exists(join(out, "prepared.json"))) await readPrepared(out);
  await writeAtomic(
    join(out, "prepared.json"),
    `${JSON.stringify({ version: PREPARED_VERSION, config }, null, 2)}\n`,
  );
}

/** A rejection of an earlier run, if it was of the same video under the same configuration. */
async function rememberedReject(
  path: string,
  stamp: Stamp,
  clip: SourceClip,
): Promise<RejectRow | undefined> {
  let held;
  try {
    held = JSON.parse(await Deno.readTextFile(path));
  } catch {
    return; // Not there, or not ours: then the video is tried again.
  }
  if (!bearsStamp(held, stamp)) return;
  return { id: clip.id, source: clip.path, reason: held.reason, detail: held.detail };
}

/**
 * Turns a folder of videos into a prepared folder: 96x96 face crops, sound, mel and mouth opening of each clip,
 * manifest.parquet with one row a clip and rejects.parquet with the reason for each one left out.
 * Finished clips and known rejects are kept, so a killed run goes on where it was.
 * Throws KitError when the videos' folder is absent or empty, or `out` is not writable or of another version.
 */
export async function prepare(
  videosFolder: string,
  out: string,
  options: PrepareOptions = {},
): Promise<{ clips: ManifestRow[]; rejects: RejectRow[] }> {
  const { every = 5, split = "95,2,3", workers = defaultWorkers(), retryRejects = false } = options;
  if (!Number.isInteger(every) || every < 1 || every > 25) {
    throw new KitError(`--every ${every} is not a number of frames`, "Give a whole number from 1 to 25");
  }
  if (!Number.isInteger(workers) || workers < 1) {
    throw new KitError(`${workers} is no number of workers`, "Give a whole number from 1 on");
  }
  const shares = parseSplit(split);
  const sources = await listClips(videosFolder);
  ffmpegPath();
  const config = clipConfig(every);
  await openFolder(out, config);

  const rows = new Map<string, ClipRow>();
  const rejects = new Map<string, RejectRow>();
  const jobs: (ClipJob & { stamp: Stamp })[] = [];
  for (const clip of sources) {
    const target = join(out, clipPath(clip.id));
    const stamp = { config, bytes: (await Deno.stat(clip.path).catch(() => undefined))?.size ?? -1 };
    const finished = await readFinished(target, stamp);
    const known = finished || retryRejects
      ? undefined
      : await rememberedReject(join(out, rejectPath(clip.id)), stamp, clip);
    if (finished) rows.set(clip.id, { ...finished, source: clip.path });
    else if (known) rejects.set(clip.id, known);
    else jobs.push({ id: clip.id, source: clip.path, target, config, stamp });
  }

  const progress = new Progress("prepare", sources.length, {
    unit: "clips",
    start: sources.length - jobs.length,
  });
  const keep = async ({ id, source, stamp }: typeof jobs[number], answer: { row: ClipRow } | Rejection) => {
    const remembered = join(out, rejectPath(id));
    if ("row" in answer) {
      rows.set(id, answer.row);
      await Deno.remove(remembered).catch(() => {});
    } else {
      const reject = { id, source, reason: answer.reason, detail: answer.detail };
      rejects.set(id, reject);
      await writeAtomic(remembered, JSON.stringify({ ...reject, ...stampTexts(stamp) }));
    }
    progress.update(rows.size + rejects.size, rejects.size > 0 ? `${rejects.size} rejected` : "");
  };
  try {
    await runJobs<typeof jobs[number], Answer>(WORKER, jobs, {
      workers,
      env: ONE_CORE,
      onOutcome: (job, outcome) => {
        if ("crash" in outcome) return keep(job, { reason: "crashed", detail: outcome.crash });
        if ("fault" in outcome.answer) throw new KitError(outcome.answer.fault, outcome.answer.remedy);
        return keep(job, outcome.answer);
      },
    });
  } finally {
    progress.stop();
  }

  const speakers = new Set(sources.map(({ speaker }) => speaker));
  const bySpeaker = speakers.size >= SPLIT_SPEAKERS_FROM;
  const clips = sources.filter(({ id }) => rows.has(id)).map(({ id, speaker }): ManifestRow => {
    return { ...rows.get(id)!, split: splitOf(bySpeaker ? speaker : id, shares), path: clipPath(id) };
  });
  const rejected = sources.filter(({ id }) => rejects.has(id)).map(({ id }) => rejects.get(id)!);
  await writeManifest(out, clips, rejected);
  return { clips, rejects: rejected };
}
