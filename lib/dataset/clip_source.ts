import { join } from "node:path";
import { KitError } from "../base/errors.ts";
import { exists } from "../base/files.ts";
import { FRAME_RATE } from "../base/shapes.ts";
import { detectFaces } from "../media/face_detector.ts";
import { decodeFrames } from "../media/decode.ts";
import { probe } from "../media/probe.ts";
import { decodeJpeg } from "../media/jpeg.ts";
import { openSafetensors } from "../weights/safetensors.ts";
import type { ManifestRow } from "./manifest.ts";
import { spanAt } from "./clip_span.ts";
import { readOffsets, type SpokenWord, wordsFromText } from "./clip_file.ts";

/** A prepared clip's place in the video that it was made from. */
export interface ClipSource {
  video: string;
  /** Size of the video's frames, upright. */
  width: number;
  height: number;
  /** The video's frame (at 25 frames/s) that became frame 0 of the clip. */
  firstFrame: number;
  /** Crop boxes x0, y0, x1, y1 in the video's pixels, [frames, 4]. */
  boxes: Float32Array;
  /** Words with their times in seconds of the clip; empty when the data set has none. */
  words: SpokenWord[];
}

/**
 * Finds the video of a prepared clip, and where the crops lie in it; undefined when the video is no longer there, since
 * a prepared folder may travel alone.
 */
export async function clipSource(prepared: string, row: ManifestRow): Promise<ClipSource | undefined> {
  if (!await exists(row.source)) return;
  const { video } = await probe(row.source);
  if (!video) return;
  using file = await openSafetensors(join(prepared, row.path));
  const all = await file.readF32("boxes"), columns = file.header.tensors.mel.shape[0];
  // With the audio moved against the image, words go with the audio.
  const { firstFrame, frames, audioFrame } = spanAt(row.offset, { frames: all.length / 4, columns });
  const late = audioFrame / FRAME_RATE;
  return {
    video: row.source,
    width: video.width,
    height: video.height,
    firstFrame: row.first_frame + firstFrame,
    boxes: all.subarray(4 * firstFrame, 4 * (firstFrame + frames)),
    words: wordsFromText(file.header.metadata.word_times)
      .map(({ word, start, end }) => ({ word, start: start - late, end: end - late })),
  };
}

/** A frame of the video behind a clip. */
export interface SourceFrame {
  /** [height, width, 3] */
  rgb: Uint8Array;
  width: number;
  height: number;
  /** The crop's place in the frame: x0, y0, x1, y1. */
  box: number[];
  /** The 68 points of a face in the frame, x and y in turns, where they were looked for and found. */
  landmarks?: Float32Array;
}

/** The video's frames behind a clip, one at a time, narrowed where they are wider than `widest` pixels. */
export async function* sourceFrames(
  { video, firstFrame, boxes, ...whole }: ClipSource,
  { widest = whole.width }: { widest?: number } = {},
): AsyncGenerator<SourceFrame> {
  const width = Math.min(widest, whole.width), scale = width / whole.width;
  const height = Math.max(1, Math.round(width * whole.height / whole.width));
  let t = -firstFrame;
  for await (const rgb of decodeFrames(video, { width, height })) {
    if (4 * t >= boxes.length) return;
    if (t >= 0) {
      yield {
        rgb,
        width,
        height,
        box: Array.from(boxes.subarray(4 * t, 4 * t + 4), (v) => v * scale),
      };
    }
    t++;
  }
}

/**
 * The video's frame behind frame `frame` of the clip, with the 68 landmarks of a face where one is found.
 * Throws KitError when the video has fewer frames.
 */
export async function sourceFrame(source: ClipSource, frame: number): Promise<SourceFrame> {
  let index = 0;
  for await (const found of sourceFrames(source)) {
    if (index++ < frame) continue;
    const [face] = await detectFaces(found.rgb, found.width, found.height);
    return { ...found, landmarks: face?.landmarks };
  }
  throw new KitError(`${source.video} has no frame ${source.firstFrame + frame}`, "Prepare the videos again");
}

/** The crop [96, 96, 3] at a share of a prepared clip's length (0 its first, 1 its end), without decoding the others. */
export async function cropAt(prepared: string, row: ManifestRow, share: number): Promise<Uint8Array> {
  const path = join(prepared, row.path);
  using file = await openSafetensors(path);
  const offsets = await readOffsets(path, file);
  const frame = Math.min(offsets.length - 2, Math.floor(share * (offsets.length - 1)));
  return decodeJpeg(await file.readRange("frames", offsets[frame], offsets[frame + 1])).rgb;
}
