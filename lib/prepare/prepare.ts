import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { KitError } from "../base/errors.ts";
import { makeFolder } from "../base/files.ts";
import { Progress } from "../base/progress.ts";
import { ffmpegPath } from "../media/ffmpeg.ts";
import { type ClipConfig, clipConfig, type Cuts, type Stamp } from "../dataset/clip_file.ts";
import { DEFAULT_FILTERS, readFilters, setFilters, writeFilters } from "./filters.ts";
import { finish, type Finished } from "./finish.ts";
import { listClips } from "./layouts/layouts.ts";
import type { SourceClip } from "./layouts/source_clip.ts";
import { PREPARED_VERSION, preparedOfAnyVersion, readPrepared, writePrepared } from "../dataset/prepared.ts";
import { inShard, parseShard, parseSplit, type SplitUnit, splitUnit } from "./splits.ts";
import type { ClipJob } from "./excerpt.ts";
import type { PreparedVideo } from "./prepare_clip.ts";
import { recall, remember } from "./prepare_cache.ts";
import { ONE_CORE, runJobs, workersFor } from "../base/worker_pool.ts";

export interface PrepareOptions {
  /** A face is looked for on every so many frames; between them its box is interpolated. */
  every?: number;
  /** What becomes of a video that changes shots. */
  cuts?: Cuts;
  /** Shares of train, val and test: "95,2,3"; of a small data set val and test get more (see `holdOut`). */
  split?: string;
  /** Preparing processes; unless given as many as the machine has cores, and memory for. */
  workers?: number;
  /** Try again what was rejected before. */
  retryRejects?: boolean;
  /** Settings of filters, such as "minSharpness=80"; the folder keeps them. */
  filters?: string[];
  /** Which part of the data set to prepare: "2/4" is the second of four. */
  shard?: string;
  /** Hears the line that says which data set was found, and one of what to mind in it, before the work begins. */
  say?: (line: string) => void;
}

/** What `prepare` leaves behind. */
export interface PreparedData extends Finished {
  dataSet: string;
  /** Videos of other shards that were not there yet. */
  elsewhere: number;
}

const WORKER = fileURLToPath(new URL("./prepare_worker.ts", import.meta.url));
/** Memory that one preparing process takes, with room to spare: 0.65 GB were measured. */
const WORKER_BYTES = 1e9;
const CUTS: Cuts[] = ["split", "reject", "ignore"];

/**
 * Opens or makes the prepared folder. One of an older version is taken over: its manifest goes, its clips are made
 * anew. Throws KitError when it is of a newer version or not writable.
 * @returns what is dealt into the splits: as before, so that a fourth speaker moves none of the clips that were there
 */
async function openFolder(out: string, config: ClipConfig, clips: SourceClip[]): Promise<SplitUnit> {
  await makeFolder(out);
  const before = await preparedOfAnyVersion(out);
  if (before && before.version > PREPARED_VERSION) await readPrepared(out); // which throws
  if (before && before.version < PREPARED_VERSION) {
    for (const name of ["manifest.parquet", "rejects.parquet"]) {
      await Deno.remove(join(out, name)).catch(() => {});
    }
  }
  const unit = before?.splitUnit ?? splitUnit(clips);
  await writePrepared(out, { ...before, version: PREPARED_VERSION, config, splitUnit: unit });
  return unit;
}

/** What tells this clip's video and words: their sizes, and for a folder of crops its sound's. */
async function stampOf({ path, kind, transcript }: SourceClip, config: ClipConfig): Promise<Stamp> {
  const size = async (file: string) => (await Deno.stat(file).catch(() => undefined))?.size ?? -1;
  const words = transcript?.there ? await size(transcript.path) : 0;
  return { config, bytes: await size(kind === "crops" ? join(path, "audio.wav") : path) + words };
}

/** Names for the parts of split videos: the clip's own id, unless "<id>_1" and so on might be another clip's. */
function partStems(clips: SourceClip[]): (id: string) => string {
  const numbered = new Set(clips.map(({ id }) => /^(.*)_\d+$/.exec(id.toLowerCase())?.[1]));
  return (id) => numbered.has(id.toLowerCase()) ? `${id}_part` : id;
}

function check({ every, workers, cuts }: { every: number; workers: number; cuts: Cuts }): void {
  if (!Number.isInteger(every) || every < 1 || every > 25) {
    throw new KitError(`--every ${every} is not a number of frames`, "Give a whole number from 1 to 25");
  }
  if (!Number.isInteger(workers) || workers < 1) {
    throw new KitError(`${workers} is no number of workers`, "Give a whole number from 1 on");
  }
  if (!CUTS.includes(cuts)) throw new KitError(`--cuts ${cuts} is unknown`, `Give ${CUTS.join(", ")}`);
}

/**
 * Turns a folder of videos into a prepared folder: 96x96 face crops, sound, mel, landmarks and mouth opening of each
 * clip, manifest.parquet with one row a clip and rejects.parquet with the reason for each one left out.
 * Finished clips and known rejects are kept, so a killed run goes on where it was; several runs may work on shards of
 * one data set, in one folder or in several (see `mergePrepared`).
 * Throws KitError when the videos' folder is absent or empty, or `out` is not writable or of a newer version.
 */
export async function prepare(
  videosFolder: string,
  out: string,
  options: PrepareOptions = {},
): Promise<PreparedData> {
  const { every = 5, cuts = "split", split = "95,2,3", workers = workersFor(WORKER_BYTES) } = options;
  check({ every, workers, cuts });
  const shares = parseSplit(split), shard = parseShard(options.shard);
  if (options.filters) setFilters(DEFAULT_FILTERS, options.filters); // a wrong one is told before the work
  const { line, note, clips: sources, rejects: unusable } = await listClips(videosFolder);
  options.say?.(line);
  if (note) options.say?.(note);
  ffmpegPath();
  const config = clipConfig({ every, cuts });
  const unit = await openFolder(out, config, sources);
  if (options.filters) await writeFilters(out, setFilters(await readFilters(out), options.filters));

  const stemOf = partStems(sources), videos = new Map<string, PreparedVideo>(), jobs: ClipJob[] = [];
  const mine = sources.filter(({ id }) => inShard(id, shard)), fresh = new Set<string>();
  for (const clip of mine) {
    const { id, kind, path: source, transcript } = clip;
    const stamp = await stampOf(clip, config);
    const cached = await recall(out, id, { stamp, retryRejects: options.retryRejects });
    if (cached) videos.set(id, cached);
    if (cached && cached.stale.length === 0) continue;
    const job = { id, stem: stemOf(id), kind, source, transcript, out, config, stamp };
    jobs.push(cached ? { ...job, measure: cached.stale } : job);
  }

  const progress = new Progress("prepare", mine.length, { unit: "clips", start: mine.length - jobs.length });
  let done = mine.length - jobs.length;
  let rejected = [...videos.values()].reduce((sum, { rejects }) => sum + rejects.length, 0);
  const keep = async (job: ClipJob, answer: PreparedVideo) => {
    const { id, stamp, measure } = job;
    const known = measure ? videos.get(id)! : { rows: [], rejects: [] };
    const video = {
      rows: [...known.rows.filter((row) => !measure!.includes(row.id)), ...answer.rows]
        .sort((a, b) => a.part - b.part),
      rejects: [...known.rejects, ...answer.rejects],
    };
    videos.set(id, video);
    if (!measure) {
      await remember(out, id, { ...video, stamp });
      for (const row of video.rows) fresh.add(row.id);
    }
    rejected += answer.rejects.length;
    progress.update(++done, rejected > 0 ? `${rejected} rejected` : "");
  };
  try {
    await runJobs<ClipJob, PreparedVideo>(WORKER, jobs, {
      workers,
      env: ONE_CORE,
      onOutcome: (job, outcome) => {
        if ("answer" in outcome) return keep(job, outcome.answer);
        return keep(job, { rows: [], rejects: [{ id: job.id, reason: "crashed", detail: outcome.crash }] });
      },
    });
  } finally {
    progress.stop();
  }
  return {
    dataSet: line,
    ...await finish(out, {
      sources,
      videos,
      fresh,
      unusable,
      deal: { shares, unit },
      whole: shard.count === 1,
      recall: async (clip) => await recall(out, clip.id, { stamp: await stampOf(clip, config) }),
    }),
  };
}
