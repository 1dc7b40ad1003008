import { FACE_SIZE } from "../base/shapes.ts";
import { headPose } from "../media/head_pose.ts";
import { decodeJpeg } from "../media/jpeg.ts";
import { type ClipData, readClipFile, type Stamp, stampTexts, writeClipFile } from "../dataset/clip_file.ts";
import type { ClipMeasures, ClipRow, VideoFacts } from "../dataset/manifest.ts";
import { audioHash, HASHED_IMAGES, imageHash } from "./fingerprint.ts";
import { voicedWindows } from "../dataset/windows.ts";

/** Crops whose sharpness is measured. */
const SHARP_IMAGES = 10;

/** `count` of `frames` frames, spread evenly and off the ends; fewer when there are fewer. */
const spread = (frames: number, count: number): number[] =>
  Array.from({ length: Math.min(count, frames) }, (_, k) => {
    return Math.floor((k + 0.5) * frames / Math.min(count, frames));
  });

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

function deviation(values: number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}

/** The value that a tenth of the values lie above. */
function most(values: number[]): number {
  const sorted = values.map(Math.abs).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(0.9 * sorted.length))] ?? 0;
}

/**
 * Variance of the Laplacian (4 neighbours) of a grey image, RGB [96, 96, 3] with values 0 to 255: how much fine
 * detail it has. Source: Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy" (2000).
 */
function sharpnessOf(crop: Uint8Array): number {
  const size = FACE_SIZE, grey = new Float32Array(size * size);
  for (let p = 0, k = 0; p < grey.length; p++, k += 3) {
    grey[p] = 0.299 * crop[k] + 0.587 * crop[k + 1] + 0.114 * crop[k + 2];
  }
  let sum = 0, squares = 0;
  for (let y = 1; y < size - 1; y++) {
    for (let x = 1, p = y * size + 1; x < size - 1; x++, p++) {
      const value = grey[p - 1] + grey[p + 1] + grey[p - size] + grey[p + size] - 4 * grey[p];
      sum += value;
      squares += value * value;
    }
  }
  const count = (size - 2) ** 2;
  return squares / count - (sum / count) ** 2;
}

/** The numbers of a clip that its prepared file alone decides. */
function measure({ jpegs, mel, mouth, landmarks }: ClipData): ClipMeasures {
  const frames = jpegs.length;
  const poses = Array.from(
    { length: landmarks.length / 136 },
    (_, look) => headPose(landmarks.subarray(136 * look, 136 * (look + 1))),
  );
  const [yaws, pitches, rolls] = (["yaw", "pitch", "roll"] as const).map((axis) => poses.map((p) => p[axis]));
  const gaps = Array.from({ length: frames }, (_, t) => mouth[2 * t]);
  const voiced = voicedWindows(mel, frames);
  return {
    sharpness: mean(spread(frames, SHARP_IMAGES).map((t) => sharpnessOf(decodeJpeg(jpegs[t]).rgb))),
    yaw_deg: mean(yaws),
    pitch_deg: mean(pitches),
    roll_deg: mean(rolls),
    yaw_most_deg: most(yaws),
    pitch_most_deg: most(pitches),
    roll_most_deg: most(rolls),
    mouth_motion: deviation(gaps),
    voiced_share: voiced.filter(Boolean).length / Math.max(1, voiced.length),
    picture_hash: imageHash(spread(frames, HASHED_IMAGES).map((t) => decodeJpeg(jpegs[t]).rgb)),
    sound_hash: audioHash(mel),
  };
}

/** Measures a clip and writes its file; returns its row. */
export async function writeClip(
  path: string,
  { facts, data, stamp }: { facts: VideoFacts; data: ClipData; stamp: Stamp },
): Promise<ClipRow> {
  return await writeClipFile(path, { facts, measures: measure(data), data, stamp: stampTexts(stamp) });
}

/** Measures a prepared clip again, without its video, and writes the numbers into its file. */
export async function measureFile(path: string): Promise<ClipRow> {
  const clip = await readClipFile(path);
  return await writeClipFile(path, { ...clip, measures: measure(clip.data) });
}
