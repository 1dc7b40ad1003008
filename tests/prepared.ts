import { join } from "node:path";
import { clipConfig } from "../lib/dataset/clip_file.ts";
import { type ManifestRow, type Split, writeManifest } from "../lib/dataset/manifest.ts";
import { PREPARED_VERSION } from "../lib/dataset/prepared.ts";
import { makeFolder, writeAtomic } from "../lib/base/files.ts";
import { FACE_SIZE, MEL_BANDS } from "../lib/base/shapes.ts";
import { type Random, random } from "../lib/base/random.ts";
import { writeClip } from "../lib/prepare/measures.ts";
import { type Tensor3D, tf } from "../lib/native/tf.ts";
import { madeRow } from "./dataset/made_row.ts";

export { inFolder } from "./in_folder.ts";

const SAMPLES_PER_FRAME = 640, SAMPLES_PER_COLUMN = 200;

/** What a made clip is like. */
export interface MadeClip {
  split: Split;
  frames?: number;
  /** Whose face it is; everybody's the same when not given. */
  speaker?: string;
  /** No sound at all. */
  silent?: boolean;
  /** Nothing to be seen. */
  black?: boolean;
  seed?: number;
}

/** How far the mouth is open at a time in seconds, 0 to 1: a few cosines, the same for the same seed. */
function openings(r: Random): (seconds: number) => number {
  const waves = Array.from({ length: 4 }, () => [0.5 + 3 * r.uniform(), 2 * Math.PI * r.uniform()]);
  return (t) =>
    waves.reduce((sum, [rate, phase]) => sum + (1 + Math.cos(2 * Math.PI * rate * t + phase)) / 8, 0);
}

/** One face [96, 96, 3]: a shaded round of the clip's own colours with a dark mouth that opens. */
function madeFace(colours: number[], open: number): Uint8Array {
  const face = new Uint8Array(FACE_SIZE * FACE_SIZE * 3);
  for (let y = 0, to = 0; y < FACE_SIZE; y++) {
    for (let x = 0; x < FACE_SIZE; x++) {
      const shade = 0.75 + 0.25 * Math.cos((x - 40) / 30) * Math.cos((y - 44) / 34);
      const mouth = ((x - 48) / 16) ** 2 + ((y - 68) / (2 + 9 * open)) ** 2;
      const light = shade * (1 - 0.8 / (1 + Math.exp(8 * (mouth - 1))));
      for (let c = 0; c < 3; c++) face[to++] = Math.round(255 * colours[c] * light);
    }
  }
  return face;
}

/** Mel [columns, 80] whose loudness and pitch follow the opening, or its floor when nobody speaks. */
function madeMel(columns: number, open: (seconds: number) => number, silent: boolean): Float32Array {
  const mel = new Float32Array(columns * MEL_BANDS).fill(-4);
  for (let column = 0; column < columns && !silent; column++) {
    const o = open(column * SAMPLES_PER_COLUMN / 16000);
    for (let band = 0; band < MEL_BANDS; band++) {
      const bump = Math.exp(-(((band - 20 - 40 * o) / 14) ** 2));
      mel[column * MEL_BANDS + band] = -3 + 6 * bump * (0.3 + 0.7 * o) +
        0.4 * Math.sin(band * 0.7 + column * 0.3);
    }
  }
  return mel;
}

/**
 * Writes a prepared folder of made clips: faces whose mouths move with the sound, no video behind them.
 * Returns the folder.
 */
export async function makePrepared(folder: string, clips: MadeClip[]): Promise<string> {
  await makeFolder(folder);
  const config = clipConfig({ every: 5, cuts: "split" });
  await writeAtomic(join(folder, "prepared.json"), JSON.stringify({ version: PREPARED_VERSION, config }));
  const rows: ManifestRow[] = [];
  for (const [k, clip] of clips.entries()) {
    const { split, frames = 40, silent = false, black = false, seed = k + 1, speaker } = clip;
    const r = random(seed), open = openings(r);
    const colours = [0, 1, 2].map(() => black ? 0 : 0.5 + 0.4 * r.uniform());
    const jpegs: Uint8Array[] = [];
    for (let f = 0; f < frames; f++) {
      const image = tf.tensor3d(madeFace(colours, open(f / 25)), [FACE_SIZE, FACE_SIZE, 3], "int32");
      jpegs.push(await tf.node.encodeJpeg(image as Tensor3D, "rgb", 95));
      image.dispose();
    }
    const samples = frames * SAMPLES_PER_FRAME;
    const sound_rms_db = silent ? -100 : -20;
    const facts = madeRow({
      id: `made/clip${k}`,
      frames,
      split,
      sound_rms_db,
      ...(speaker ? { speaker } : {}),
    });
    const made = await writeClip(join(folder, facts.path), {
      facts,
      stamp: { config, bytes: 1 },
      data: {
        words: [],
        jpegs,
        mel: madeMel(1 + Math.floor(samples / SAMPLES_PER_COLUMN), open, silent),
        audio: Int16Array.from({ length: samples }, (_, n) => silent ? 0 : 3000 * Math.sin(n / 10)),
        boxes: new Float32Array(4 * frames).fill(100),
        mouth: Float32Array.from(
          { length: 2 * frames },
          (_, n) => n % 2 === 0 ? 0.1 * open((n >> 1) / 25) : 0.3,
        ),
        measured: [],
        landmarks: new Float32Array(0),
      },
    });
    rows.push({ ...facts, ...made });
  }
  await writeManifest(folder, rows, []);
  return folder;
}

/** Two clips to train on and one held out. */
export const FEW_CLIPS: MadeClip[] = [{ split: "train" }, { split: "train" }, { split: "val" }, {
  split: "test",
}];
