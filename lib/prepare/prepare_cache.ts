/** What earlier runs of `prepare` made of a video: finished clips, and remembered rejections. */
import { join } from "node:path";
import { writeAtomic } from "../base/files.ts";
import { bearsStamp, clipPath, readFinished, type Stamp, stampTexts } from "../dataset/clip_file.ts";
import type { PreparedVideo } from "./prepare_clip.ts";

/** Remembered of a video that became no clip, or clips for its parts. */
interface Memory {
  /** Ids of the parts that are clips. */
  clips: string[];
  rejects: PreparedVideo["rejects"];
}

/** A video that needs no work, or only measuring. */
export interface CachedVideo extends PreparedVideo {
  /** Ids of clips whose numbers are of an older kind. */
  stale: string[];
}

const memoryPath = (out: string, id: string) => join(out, "settled", `${id}.json`);

async function readMemory(path: string, stamp: Stamp): Promise<Memory | undefined> {
  try {
    const held = JSON.parse(await Deno.readTextFile(path));
    if (bearsStamp(held, stamp)) return { clips: held.clips, rejects: held.rejects };
  } catch {
    // Not there, or not ours: then the video is tried again.
  }
}

/** What an earlier run made of this very video under the same configuration; undefined when there is work to do. */
export async function recall(
  out: string,
  id: string,
  { stamp, retryRejects = false }: { stamp: Stamp; retryRejects?: boolean },
): Promise<CachedVideo | undefined> {
  const whole = await readFinished(join(out, clipPath(id)), stamp);
  if (whole) return { rows: [whole.row], rejects: [], stale: whole.measured ? [] : [id] };
  const memory = await readMemory(memoryPath(out, id), stamp);
  if (!memory || (retryRejects && memory.rejects.length > 0)) return;
  const cached: CachedVideo = { rows: [], rejects: memory.rejects, stale: [] };
  for (const part of memory.clips) {
    const finished = await readFinished(join(out, clipPath(part)), stamp);
    if (!finished) return;
    cached.rows.push(finished.row);
    if (!finished.measured) cached.stale.push(part);
  }
  return cached;
}

/** Keeps what a run made of a video, and removes what an earlier one made of it otherwise. */
export async function remember(
  out: string,
  id: string,
  { rows, rejects, stamp }: PreparedVideo & { stamp: Stamp },
): Promise<void> {
  const path = memoryPath(out, id), clips = rows.map((row) => row.id);
  const before = await Deno.readTextFile(path).then(JSON.parse).catch(() => undefined);
  const old = Array.isArray(before?.clips) ? before.clips : [];
  for (const name of new Set<string>([id, ...old])) {
    if (!clips.includes(name)) await Deno.remove(join(out, clipPath(name))).catch(() => {});
  }
  // A clip that is its video speaks for itself.
  if (rejects.length === 0 && clips.length === 1 && clips[0] === id) await Deno.remove(path).catch(() => {});
  else await writeAtomic(path, JSON.stringify({ ...stampTexts(stamp), clips, rejects }));
}
