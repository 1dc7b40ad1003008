import { join } from "node:path";
import { ROOT } from "../lib/base/root.ts";
import { ffmpeg } from "./media/made_video.ts";

/** GRID's layout with two clips of one real speaker, of 3 s each: see data/README.md. */
export const GRID = join(ROOT, "data", "grid");
/** A clip as GRID publishes it: MPEG-1 with MP2 sound. */
export const PUBLISHED_CLIP = join(GRID, "s1", "bbaf2n.mpg");
/** Another one, encoded anew. */
export const ENCODED_CLIP = join(GRID, "s1", "lbbe2p.mp4");

/** Writes the published clip as an mp4 with lossless sound of one channel at 16 kHz, as the other clip is encoded. */
export async function encodePublished(path: string): Promise<string> {
  const encode = ["-c:v", "libx264", "-crf", "20", "-c:a", "flac", "-ac", "1", "-ar", "16000"];
  await ffmpeg("-i", PUBLISHED_CLIP, ...encode, `file:${path}`);
  return path;
}
