import { FACE_SIZE } from "../base/shapes.ts";
import { readHeader } from "../weights/safetensors.ts";
import { PREPARED_VERSION } from "./prepared.ts";
import { type ClipRow, MEASURE_COLUMNS, MEASURES, VIDEO_COLUMNS } from "./manifest.ts";
import type { Kind } from "../base/parquet.ts";

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

export type Texts = Record<string, string>;

/** A row's columns as metadata of its file. */
export const textsOf = (row: object, columns: Record<string, Kind>): Texts =>
  Object.fromEntries(Object.keys(columns).map((key) => [key, String(row[key as keyof typeof row])]));

/** Columns out of a file's metadata. */
export const valuesOf = (texts: Texts, columns: Record<string, Kind>) =>
  Object.fromEntries(
    Object.entries(columns).map(([key, kind]) => [key, kind === "text" ? texts[key] : Number(texts[key])]),
  );

const rowOf = (metadata: Texts, bytes: number) =>
  ({
    ...valuesOf(metadata, VIDEO_COLUMNS),
    ...valuesOf(metadata, MEASURE_COLUMNS),
    bytes,
  }) as unknown as ClipRow;

/** The bytes of each frame's JPEG: `frame_offsets` [T + 1] cuts them out of `frames`. */
export function splitFrames(frames: Uint8Array, offsets: Float64Array): Uint8Array[] {
  return Array.from({ length: offsets.length - 1 }, (_, t) => frames.subarray(offsets[t], offsets[t + 1]));
}

/** 64-bit whole numbers as they are stored, as ordinary ones. */
export function wholeNumbers(bytes: Uint8Array): Float64Array {
  return Float64Array.from(new BigInt64Array(bytes.slice().buffer), Number);
}

/**
 * The row of a clip that is there, whole and bears the stamp; undefined when it must be made (again).
 * `measured` is false when its numbers are of an older kind: `measureFile` brings them up to date.
 */
export async function readFinished(
  target: string,
  stamp: Stamp,
): Promise<{ row: ClipRow; measured: boolean } | undefined> {
  const header = await readHeader(target).catch(() => undefined);
  if (!header || !bearsStamp(header.metadata, stamp)) return;
  return {
    row: rowOf(header.metadata, header.size),
    measured: header.metadata.measures === String(MEASURES),
  };
}
