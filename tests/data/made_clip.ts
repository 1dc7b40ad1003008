import { join } from "node:path";
import { writeClip } from "../../lib/data/clip_file.ts";
import { type Clip, loadClip } from "../../lib/data/dataset.ts";
import type { ManifestRow } from "../../lib/data/manifest.ts";
import { tf } from "../../lib/tf.ts";
import { makeFilm } from "../media/made_film.ts";

export const MADE = { frames: 50, firstFrame: 5, width: 64, height: 48, box: [10, 8, 42, 40] };

/** The grey of frame `t`'s crop. */
export const greyOf = (t: number) => 4 * t;

/**
 * Makes a film that turns white and clicks at 1 s, and a prepared clip of it from its frame 5 on, whose crops are grey
 * all over, brighter by 4 from frame to frame. Mel is 4 in the lower 40 bands from 1 s of the clip on, else -4.
 */
export async function makeClip(
  folder: string,
  { id = "s1/a" }: { id?: string } = {},
): Promise<{ prepared: string; row: ManifestRow; clip: Clip }> {
  const { frames, firstFrame, box } = MADE, [speaker, name] = id.split("/");
  const source = await makeFilm(join(folder, `${name}.mp4`));
  const row: ManifestRow = {
    ...{ id, source, speaker, frames, duration_s: frames / 25, fps_in: 25, split: "train", note: "" },
    ...{ box_x_mean: 26, box_y_mean: 24, box_size_mean: 32, box_jitter: 0, detection_rate: 1, score_mean: 1 },
    ...{ sound_rms_db: -30, text: "NOW", words: 1, path: `clips/${id}.safetensors` },
  };
  const jpegs: Uint8Array[] = [];
  for (let t = 0; t < frames; t++) {
    const crop = tf.fill([96, 96, 3], greyOf(t), "int32") as never;
    jpegs.push(await tf.node.encodeJpeg(crop, "rgb", 95));
  }
  const columns = 161, mel = new Float32Array(columns * 80).fill(-4);
  for (let column = 80; column < columns; column++) mel.fill(4, column * 80, column * 80 + 40);
  const stamp = { config: { recipe: 1, every: 5, size: 96, quality: 95 }, bytes: 1 };
  const prepared = join(folder, "prepared");
  await writeClip(join(prepared, row.path), {
    ...{ row, stamp, firstFrame, jpegs, mel, sound: new Int16Array(frames * 640).fill(3276, frames * 320) },
    boxes: Float32Array.from({ length: 4 * frames }, (_, k) => box[k % 4]),
    mouth: new Float32Array(2 * frames),
    words: [{ word: "NOW", start: 0.8, end: 1.2 }],
  });
  return { prepared, row, clip: await loadClip(prepared, row) };
}
