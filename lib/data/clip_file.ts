import { FACE_SIZE } from "../media/face_crop.ts";
import { MEL_BANDS } from "../media/mel.ts";
import { readHeader, writeSafetensors } from "../weights/safetensors.ts";
import { type ManifestRow, PREPARED_VERSION } from "./manifest.ts";
import { type SpokenWord, wordsToText } from "./words.ts";

/** Raised whenever the same video under the same options would give another file: then clips are made anew. */
const RECIPE = 2;

/** What decides, beside the video, what a clip's file holds. */
export interface ClipConfig {
  recipe: number;
  /** A face is looked for on every so many frames. */
  every: number;
  /** Side of the crops in pixels. */
  size: number;
  /** Quality of their JPEG. */
  quality: number;
}

/** The configuration that goes into prepared.json and into every clip. */
export function clipConfig(every: number): ClipConfig {
  return { recipe: RECIPE, every, size: FACE_SIZE, quality: 95 };
}

/** A manifest row without what only the whole data set decides. */
export type ClipRow = Omit<ManifestRow, "split" | "path">;

const TEXTS = ["id", "source", "speaker", "text", "note"] as const;
const NUMBERS = [
  ...["frames", "duration_s", "fps_in", "box_x_mean", "box_y_mean", "box_size_mean", "box_jitter"] as const,
  ...["detection_rate", "score_mean", "sound_rms_db", "words"] as const,
];

/** What tells a file (or a remembered rejection) of this version and configuration, made from this very video. */
export interface Stamp {
  config: ClipConfig;
  /** Size of the video and of its file of words in bytes, so that one which was mended is prepared again. */
  bytes: number;
}

/** A stamp as metadata of a clip's file. */
export function stampTexts({ config, bytes }: Stamp): Record<string, string> {
  return {
    version: String(PREPARED_VERSION),
    config: JSON.stringify(config),
    source_bytes: String(bytes),
  };
}

/** Whether metadata carries exactly this stamp. */
export function bearsStamp(held: Record<string, string>, stamp: Stamp): boolean {
  return Object.entries(stampTexts(stamp)).every(([key, value]) => held[key] === value);
}

/**
 * Writes a clip of T frames: `frames` (JPEG bytes one after the other), `frame_offsets` [T + 1], `mel` [columns, 80],
 * `sound` [samples] at 16 kHz, `boxes` [T, 4] in source pixels, `mouth` [T, 2]; the row and the stamp as metadata,
 * and `word_times` there as `[["word", start, end], ...]` in seconds of the clip.
 */
export async function writeClip(
  target: string,
  { row, stamp, firstFrame, words, jpegs, mel, sound, boxes, mouth }: {
    row: ClipRow;
    stamp: Stamp;
    /** The frame of the source, at 25 frames/s, that became frame 0. */
    firstFrame: number;
    words: SpokenWord[];
    jpegs: Uint8Array[];
    mel: Float32Array;
    sound: Int16Array;
    boxes: Float32Array;
    mouth: Float32Array;
  },
): Promise<void> {
  const offsets = new BigInt64Array(jpegs.length + 1);
  jpegs.forEach((jpeg, t) => offsets[t + 1] = offsets[t] + BigInt(jpeg.length));
  const frames = new Uint8Array(Number(offsets.at(-1)));
  jpegs.forEach((jpeg, t) => frames.set(jpeg, Number(offsets[t])));
  await writeSafetensors(target, {
    frames: { dtype: "U8", shape: [frames.length], data: frames },
    frame_offsets: { dtype: "I64", shape: [offsets.length], data: offsets },
    mel: { dtype: "F32", shape: [mel.length / MEL_BANDS, MEL_BANDS], data: mel },
    sound: { dtype: "I16", shape: [sound.length], data: sound },
    boxes: { dtype: "F32", shape: [jpegs.length, 4], data: boxes },
    mouth: { dtype: "F32", shape: [jpegs.length, 2], data: mouth },
  }, {
    ...Object.fromEntries([...TEXTS, ...NUMBERS].map((key) => [key, String(row[key])])),
    first_frame: String(firstFrame),
    word_times: wordsToText(words),
    ...stampTexts(stamp),
  });
}

/** The row of a clip that is there, whole and bears the stamp; undefined when it must be made (again). */
export async function readFinished(target: string, stamp: Stamp): Promise<ClipRow | undefined> {
  const header = await readHeader(target).catch(() => undefined);
  if (!header || !bearsStamp(header.metadata, stamp)) return;
  const { metadata } = header;
  return Object.fromEntries([
    ...TEXTS.map((key) => [key, metadata[key]]),
    ...NUMBERS.map((key) => [key, Number(metadata[key])]),
  ]) as ClipRow;
}
