import { join } from "node:path";
import { clipPath } from "../dataset/clip_file.ts";
import type { ClipRow } from "../dataset/manifest.ts";
import { cropExcerpts } from "./crop_excerpts.ts";
import { type ClipJob, writeExcerpt } from "./excerpt.ts";
import { measureFile } from "./measures.ts";
import { orRejection, type Rejection } from "./rejection.ts";
import { videoExcerpts } from "./video_excerpts.ts";

/** What became of a video: a clip, a clip for each of its parts, or the reasons why not. */
export interface PreparedVideo {
  rows: ClipRow[];
  rejects: Rejection[];
}

/** Writes a clip for each excerpt that its source yields. */
async function make(job: ClipJob): Promise<PreparedVideo> {
  const made: PreparedVideo = { rows: [], rejects: [] };
  for await (const found of job.kind === "crops" ? cropExcerpts(job) : videoExcerpts(job)) {
    if ("reason" in found) made.rejects.push(found);
    else made.rows.push(await writeExcerpt(job, found));
  }
  return made;
}

/**
 * Makes the file of one clip, or one for each shot of a video that changes shots: audio and mel, face crops as JPEG,
 * boxes, landmarks and mouth opening. Clips that are there and lack only numbers that their own files tell are measured
 * again; no video is opened for that.
 * @returns the clips' rows, and why others are rejected; faults of the machine (a full disk) are thrown as KitError
 */
export async function prepareClip(job: ClipJob): Promise<PreparedVideo> {
  const { id, out, measure } = job;
  if (measure) {
    const rows: ClipRow[] = [];
    for (const part of measure) rows.push(await measureFile(join(out, clipPath(part))));
    return { rows, rejects: [] };
  }
  const made = await orRejection(id, () => make(job));
  return "reason" in made ? { rows: [], rejects: [made] } : made;
}
