import { join } from "node:path";
import pl from "nodejs-polars";
import { exists, writing } from "../base/files.ts";
import { FRAME_RATE } from "../base/shapes.ts";
import type { ClipPlan } from "./plan.ts";
import { sampleSpeaker } from "./speaker.ts";
import type { RenderedClip } from "./render_clip.ts";

/** The table of a corpus's clips, beside `main`. */
export const CLIP_TABLE = "clips.parquet";

/** What was drawn before: rows of the table whose video and text are there, by id. */
export async function readRendered(folder: string): Promise<Map<string, RenderedClip>> {
  const path = join(folder, CLIP_TABLE), drawn = new Map<string, RenderedClip>();
  if (!await exists(path)) return drawn;
  let rows: Record<string, unknown>[] = [];
  try {
    rows = pl.readParquet(path).toRecords();
  } catch { /* damaged: then the videos are drawn again */ }
  for (const { id, frames, sha256 } of rows) {
    const video = join(folder, "main", `${id}`);
    if (await exists(`${video}.mp4`) && await exists(`${video}.txt`)) {
      drawn.set(`${id}`, { frames: Number(frames), sha256: `${sha256}` });
    }
  }
  return drawn;
}

/** Writes the table, whole or not at all: one row for each drawn clip, in the plan's order. */
export async function writeRendered(
  folder: string,
  plans: ClipPlan[],
  drawn: Map<string, RenderedClip>,
): Promise<void> {
  const rows = plans.filter(({ id }) => drawn.has(id)).map((plan) => ({ ...plan, ...drawn.get(plan.id)! }));
  const text = (name: string, values: string[]) => pl.Series(name, values, pl.Utf8);
  const table = pl.DataFrame([
    text("id", rows.map(({ id }) => id)),
    text("speaker", rows.map(({ id }) => id.split("/")[0])),
    text("split", rows.map(({ split }) => split)),
    text("text", rows.map((row) => row.text)),
    text("voice", rows.map(({ seed, speaker }) => sampleSpeaker(seed, speaker).voice.name)),
    pl.Series("frames", rows.map(({ frames }) => frames), pl.Int64),
    pl.Series("duration_s", rows.map(({ frames }) => frames / FRAME_RATE), pl.Float64),
    text("sha256", rows.map(({ sha256 }) => sha256)),
  ]);
  const path = join(folder, CLIP_TABLE), part = `${path}.part`;
  await writing(path, async () => {
    table.writeParquet(part);
    await Deno.rename(part, path);
  });
}
