import { join } from "node:path";
import { exists } from "../base/files.ts";
import { type Kind, readTable, writeParquet } from "../base/parquet.ts";
import { FRAME_RATE } from "../base/shapes.ts";
import type { ClipPlan } from "./plan.ts";
import { sampleSpeaker } from "./speaker.ts";
import type { RenderedClip } from "./render_clip.ts";

/** The table of a corpus's clips, beside `main`. */
export const CLIP_TABLE = "clips.parquet";
const COLUMNS: Record<string, Kind> = {
  ...{ id: "text", speaker: "text", split: "text", text: "text", voice: "text" },
  ...{ frames: "whole", duration_s: "number", sha256: "text" },
};

/** What was rendered before: rows of the table whose video and text are there, by id. */
export async function readRendered(folder: string): Promise<Map<string, RenderedClip>> {
  const path = join(folder, CLIP_TABLE), rendered = new Map<string, RenderedClip>();
  if (!await exists(path)) return rendered;
  let rows: Record<string, unknown>[] = [];
  try {
    rows = readTable(path);
  } catch { /* damaged: then the videos are rendered again */ }
  for (const { id, frames, sha256 } of rows) {
    const video = join(folder, "main", `${id}`);
    if (await exists(`${video}.mp4`) && await exists(`${video}.txt`)) {
      rendered.set(`${id}`, { frames: Number(frames), sha256: `${sha256}` });
    }
  }
  return rendered;
}

/** Writes the table, whole or not at all: one row for each rendered clip, in the plan's order. */
export async function writeRendered(
  folder: string,
  plans: ClipPlan[],
  rendered: Map<string, RenderedClip>,
): Promise<void> {
  const rows = plans.filter(({ id }) => rendered.has(id)).map((plan) => ({
    ...plan,
    ...rendered.get(plan.id)!,
  }));
  const table = rows.map(({ id, split, seed, speaker, frames, sha256, text }) => ({
    ...{ id, speaker: id.split("/")[0], split, text, voice: sampleSpeaker(seed, speaker).voice.name },
    ...{ frames, duration_s: frames / FRAME_RATE, sha256 },
  }));
  await writeParquet(join(folder, CLIP_TABLE), table, COLUMNS);
}
