/** The file of one prepared clip: its tensors, and its row of the manifest as metadata. */
import { KitError } from "../base/errors.ts";
import type { Kind } from "../base/parquet.ts";
import { FACE_SIZE, MEL_BANDS } from "../base/shapes.ts";
import {
  type OpenSafetensors,
  openSafetensors,
  readHeader,
  writeSafetensors,
} from "../weights/safetensors.ts";
import {
  type ClipMeasures,
  type ClipRow,
  MEASURE_COLUMNS,
  MEASURES,
  VIDEO_COLUMNS,
  type VideoFacts,
} from "./manifest.ts";
import { PREPARED_VERSION } from "./prepared.ts";

/** Raised whenever the same video under the same options would give another file: then clips are made anew. */
const RECIPE = 3;

/** What becomes of a video that changes shots: a clip for each shot, no clip, or one clip as if nothing were. */
export type Cuts = "split" | "reject" | "ignore";

/** What decides, beside the video, what a clip's file holds. */
export interface ClipConfig {
  recipe: number;
  /** A face is looked for on every so many frames. */
  every: number;
  cuts: Cuts;
  /** Side of the crops in pixels. */
  size: number;
  /** Quality of their JPEG. */
  quality: number;
}

/** The configuration that goes into prepared.json and into every clip. */
export function clipConfig({ every, cuts }: { every: number; cuts: Cuts }): ClipConfig {
  return { recipe: RECIPE, every, cuts, size: FACE_SIZE, quality: 95 };
}

/** Where the clip of an id lies in a prepared folder. */
export const clipPath = (id: string) => `clips/${id}.safetensors`;

/** What tells a file (or a remembered rejection) of this version and configuration, made from this very video. */
export interface Stamp {
  config: ClipConfig;
  /** Size of the video and of its file of words in bytes, so that one which was mended is prepared again. */
  bytes: number;
}

type Texts = Record<string, string>;

/** A stamp as metadata of a clip's file. */
export function stampTexts({ config, bytes }: Stamp): Texts {
  return {
    version: String(PREPARED_VERSION),
    config: JSON.stringify(config),
    source_bytes: String(bytes),
  };
}

/** Whether metadata carries exactly this stamp. */
export function bearsStamp(held: Texts, stamp: Stamp): boolean {
  return Object.entries(stampTexts(stamp)).every(([key, value]) => held[key] === value);
}

/** A row's columns as metadata of its file. */
const textsOf = (row: object, columns: Record<string, Kind>): Texts =>
  Object.fromEntries(Object.keys(columns).map((key) => [key, String(row[key as keyof typeof row])]));

/** Columns out of a file's metadata. */
const valuesOf = (texts: Texts, columns: Record<string, Kind>) =>
  Object.fromEntries(
    Object.entries(columns).map(([key, kind]) => [key, kind === "text" ? texts[key] : Number(texts[key])]),
  );

/** A word as it is heard; times in seconds. */
export interface SpokenWord {
  word: string;
  start: number;
  end: number;
}

/** Words as the text that a clip's file carries: `[["word", start, end], ...]`, seconds of the clip. */
export const wordsToText = (words: SpokenWord[]) =>
  JSON.stringify(words.map(({ word, start, end }) => [word, start, end]));

/** The words that a clip's file carries; none where it carries none. */
export function wordsFromText(text: string | undefined): SpokenWord[] {
  return JSON.parse(text || "[]").map(([word, start, end]: [string, number, number]) => ({
    word,
    start,
    end,
  }));
}

/** What a prepared clip of T frames holds, beside its row. */
export interface ClipData {
  /** [T] JPEGs of the crops. */
  jpegs: Uint8Array[];
  /** [columns, 80]. */
  mel: Float32Array;
  /** Samples at 16 kHz, 640 a frame. */
  audio: Int16Array;
  /** [T, 4] in source pixels. */
  boxes: Float32Array;
  /** [T, 2]. */
  mouth: Float32Array;
  /** The n frames in which the face was measured, and its landmarks there, [n, 136] in source pixels. */
  measured: number[];
  landmarks: Float32Array;
  words: SpokenWord[];
}

/**
 * Writes a clip of T frames: `frames` (JPEG bytes one after the other), `frame_offsets` [T + 1], `mel` [columns, 80],
 * `sound` [samples] at 16 kHz, `boxes` [T, 4] in source pixels, `mouth` [T, 2], `looks` [n] and `landmarks` [n, 68, 2]
 * (the frames in which the face was measured); the row and the stamp as metadata, and `word_times` there as
 * `[["word", start, end], ...]` in seconds of the clip.
 */
export async function writeClipFile(
  path: string,
  { facts, measures, data, stamp }: {
    facts: VideoFacts;
    measures: ClipMeasures;
    data: ClipData;
    stamp: Texts;
  },
): Promise<ClipRow> {
  const { jpegs, mel, mouth, landmarks, words, audio, boxes, measured } = data;
  const offsets = new BigInt64Array(jpegs.length + 1);
  jpegs.forEach((jpeg, t) => offsets[t + 1] = offsets[t] + BigInt(jpeg.length));
  const frames = new Uint8Array(Number(offsets.at(-1)));
  jpegs.forEach((jpeg, t) => frames.set(jpeg, Number(offsets[t])));
  await writeSafetensors(path, {
    frames: { dtype: "U8", shape: [frames.length], data: frames },
    frame_offsets: { dtype: "I64", shape: [offsets.length], data: offsets },
    mel: { dtype: "F32", shape: [mel.length / MEL_BANDS, MEL_BANDS], data: mel },
    sound: { dtype: "I16", shape: [audio.length], data: audio },
    boxes: { dtype: "F32", shape: [jpegs.length, 4], data: boxes },
    mouth: { dtype: "F32", shape: [jpegs.length, 2], data: mouth },
    looks: { dtype: "I32", shape: [measured.length], data: Int32Array.from(measured) },
    landmarks: { dtype: "F32", shape: [measured.length, 68, 2], data: landmarks },
  }, {
    ...textsOf(facts, VIDEO_COLUMNS),
    ...textsOf(measures, MEASURE_COLUMNS),
    measures: String(MEASURES),
    word_times: wordsToText(words),
    ...stamp,
  });
  return { ...facts, ...measures, bytes: (await Deno.stat(path)).size };
}

/**
 * Where each frame's JPEG begins in `frames`, and where the last one ends: [T + 1].
 * Throws KitError when the offsets do not fit the frames.
 */
export async function readOffsets(path: string, file: OpenSafetensors): Promise<Float64Array> {
  const { frames } = file.header.tensors, size = frames ? frames.end - frames.start : 0;
  const bytes = await file.read("frame_offsets");
  const offsets = Float64Array.from(new BigInt64Array(bytes.slice().buffer), Number);
  const ascend = offsets.every((offset, k) => offset >= (k === 0 ? 0 : offsets[k - 1]));
  if (offsets.length > 0 && ascend && offsets.at(-1)! <= size) return offsets;
  throw new KitError(`The frame offsets of ${path} do not fit its frames`, "Prepare the clip again");
}

/** The samples of `sound`. */
export async function readSamples(file: OpenSafetensors): Promise<Int16Array> {
  return new Int16Array((await file.read("sound")).slice().buffer);
}

/** Reads all of a clip's file but its measures. */
export async function readClipFile(
  path: string,
): Promise<{ facts: VideoFacts; data: ClipData; stamp: Texts }> {
  using file = await openSafetensors(path);
  const { metadata } = file.header, { version, config, source_bytes } = metadata;
  const frames = await file.read("frames"), offsets = await readOffsets(path, file);
  const data: ClipData = {
    jpegs: Array.from({ length: offsets.length - 1 }, (_, t) => frames.subarray(offsets[t], offsets[t + 1])),
    mel: await file.readF32("mel"),
    audio: await readSamples(file),
    boxes: await file.readF32("boxes"),
    mouth: await file.readF32("mouth"),
    measured: [...new Int32Array((await file.read("looks")).slice().buffer)],
    landmarks: await file.readF32("landmarks"),
    words: wordsFromText(metadata.word_times),
  };
  const facts = valuesOf(metadata, VIDEO_COLUMNS) as unknown as VideoFacts;
  return { facts, data, stamp: { version, config, source_bytes } };
}

/**
 * The row of a clip that is there, whole and bears the stamp; undefined when it must be made (again).
 * `measured` is false when its numbers are of an older kind: `measureFile` brings them up to date.
 */
export async function readFinished(
  path: string,
  stamp: Stamp,
): Promise<{ row: ClipRow; measured: boolean } | undefined> {
  const header = await readHeader(path).catch(() => undefined);
  if (!header || !bearsStamp(header.metadata, stamp)) return;
  const { metadata, size: bytes } = header, columns = { ...VIDEO_COLUMNS, ...MEASURE_COLUMNS };
  return {
    row: { ...valuesOf(metadata, columns), bytes } as unknown as ClipRow,
    measured: metadata.measures === String(MEASURES),
  };
}
