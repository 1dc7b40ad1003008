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
  writeManifest,
} from "./manifest.ts";
import type { ClipJob, Rejection } from "./prepare_clip.ts";
import { splitOfClip, type SplitUnit, splitUnit } from "./splits.ts";
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
  /** Hears the one line that says which data set was found, before the work begins. */
  say?: (line: string) => void;
}

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

/**
 * Opens or makes the prepared folder; throws KitError when it is of another version or not writable.
 * @returns what is dealt into the splits: as before, so that a tenth speaker moves none of the clips that were there
 */
async function openFolder(out: string, config: ClipConfig, clips: SourceClip[]): Promise<SplitUnit> {
  await makeFolder(out);
  const path = join(out, "prepared.json"), before = await exists(path) ? await readPrepared(out) : undefined;
  const unit = before?.splitUnit ?? splitUnit(clips);
  const prepared = { version: PREPARED_VERSION, config, splitUnit: unit };
  await writeAtomic(path, `${JSON.stringify(prepared, null, 2)}\n`);
  return unit;
}

/** What tells this clip's film and words: their sizes, and for a folder of crops its sound's. */
async function stampOf({ path, kind, transcript }: SourceClip, config: ClipConfig): Promise<Stamp> {
  const size = async (file: string) => (await Deno.stat(file).catch(() => undefined))?.size ?? -1;
  const words = transcript?.there ? await size(transcript.path) : 0;
  return { config, bytes: await size(kind === "crops" ? join(path, "audio.wav") : path) + words };
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
): Promise<{ dataSet: string; clips: ManifestRow[]; rejects: RejectRow[] }> {
  const { every = 5, split = "95,2,3", workers = defaultWorkers(), retryRejects = false, say } = options;
  if (!Number.isInteger(every) || every < 1 || every > 25) {
    throw new KitError(`--every ${every} is not a number of frames`, "Give a whole number from 1 to 25");
  }
  if (!Number.isInteger(workers) || workers < 1) {
    throw new KitError(`${workers} is no number of workers`, "Give a whole number from 1 on");
  }
  const shares = parseSplit(split);
  const { line, clips: sources, rejects: unusable } = await listClips(videosFolder);
  say?.(line);
  ffmpegPath();
  const config = clipConfig(every);
  const unit = await openFolder(out, config, sources);

  const rows = new Map<string, ClipRow>();
  const rejects = new Map<string, RejectRow>();
  const jobs: ClipJob[] = [];
  for (const clip of sources) {
    const target = join(out, clipPath(clip.id));
    const stamp = await stampOf(clip, config);
    const finished = await readFinished(target, stamp);
    const known = finished || retryRejects
      ? undefined
      : await rememberedReject(join(out, rejectPath(clip.id)), stamp, clip);
    if (finished) rows.set(clip.id, { ...finished, source: clip.path });
    else if (known) rejects.set(clip.id, known);
    else {
      const { id, kind, path: source, transcript } = clip;
      jobs.push({ id, kind, source, transcript, target, config, stamp });
    }
  }

  const progress = new Progress("prepare", sources.length, {
    unit: "clips",
    start: sources.length - jobs.length,
  });
  const keep = async ({ id, source, stamp }: ClipJob, answer: { row: ClipRow } | Rejection) => {
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
    await runJobs<ClipJob, Answer>(WORKER, jobs, {
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

  const clips = sources.filter(({ id }) => rows.has(id)).map((clip): ManifestRow => {
    const row = rows.get(clip.id)!, note = [clip.note, row.note].filter((words) => words !== "").join("; ");
    return { ...row, note, split: splitOfClip(clip, { shares, unit }), path: clipPath(clip.id) };
  });
  const rejected = [...unusable, ...sources.flatMap(({ id }) => rejects.get(id) ?? [])];
  await writeManifest(out, clips, rejected);
  return { dataSet: line, clips, rejects: rejected };
}
