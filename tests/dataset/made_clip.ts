import { join } from "node:path";
import { clipConfig } from "../../lib/dataset/clip_file.ts";
import { type Clip, loadClip } from "../../lib/dataset/dataset.ts";
import type { ManifestRow } from "../../lib/dataset/manifest.ts";
import { writeClip } from "../../lib/prepare/measures.ts";
import { tf } from "../../lib/native/tf.ts";
import { makeVideo } from "../media/made_video.ts";
import { madeRow } from "./made_row.ts";

export const MADE = { frames: 50, firstFrame: 5, width: 64, height: 48, box: [10, 8, 42, 40] };

/** The grey of frame `t`'s crop. */
export const greyOf = (t: number) => 4 * t;

/**
 * Makes a video that turns white and clicks at 1 s, and a prepared clip of it from its frame 5 on, whose crops are grey
 * all over, brighter by 4 from frame to frame. Mel is 4 in the lower 40 bands from 1 s of the clip on, else -4.
 */
export async function makeClip(
  folder: string,
  { id = "s1/a" }: { id?: string } = {},
): Promise<{ prepared: string; row: ManifestRow; clip: Clip }> {
  const { frames, firstFrame, box } = MADE, [speaker, name] = id.split("/");
  const source = await makeVideo(join(folder, `${name}.mp4`));
  const facts = madeRow({ id, source, speaker, frames, first_frame: firstFrame, box_size_mean: 32 });
  const jpegs: Uint8Array[] = [];
  for (let t = 0; t < frames; t++) {
    const crop = tf.fill([96, 96, 3], greyOf(t), "int32") as never;
    jpegs.push(await tf.node.encodeJpeg(crop, "rgb", 95));
  }
  const columns = 161, mel = new Float32Array(columns * 80).fill(-4);
  for (let column = 80; column < columns; column++) mel.fill(4, column * 80, column * 80 + 40);
  const prepared = join(folder, "prepared");
  const made = await writeClip(join(prepared, facts.path), {
    facts,
    stamp: { config: clipConfig({ every: 5, cuts: "split" }), bytes: 1 },
    data: {
      ...{
        words: [{ word: "NOW", start: 0.8, end: 1.2 }],
        jpegs,
        mel,
        audio: new Int16Array(frames * 640).fill(3276, frames * 320),
      },
      boxes: Float32Array.from({ length: 4 * frames }, (_, k) => box[k % 4]),
      mouth: new Float32Array(2 * frames),
      measured: [],
      landmarks: new Float32Array(0),
    },
  });
  const row = { ...facts, ...made };
  return { prepared, row, clip: await loadClip(prepared, row) };
}
