/** What a clip is made of, whether it comes out of a video or out of a folder of crops. */
import { join } from "node:path";
import { FRAME_RATE } from "../base/shapes.ts";
import { type ClipConfig, type ClipData, clipPath, type Stamp } from "../dataset/clip_file.ts";
import type { ClipRow, VideoFacts } from "../dataset/manifest.ts";
import { toInt16 } from "../media/audio.ts";
import { melSpectrogram } from "../media/mel.ts";
import type { SourceClip } from "./layouts/source_clip.ts";
import { writeClip } from "./measures.ts";

/** Fewer frames than this hold no window to learn from. */
export const FEWEST_FRAMES = 15;

/** One video to prepare, or the clips of one to measure again. */
export interface ClipJob {
  /** "speaker/clip". */
  id: string;
  /** What the names of its parts begin with, should it be split; the id, unless another clip is called so. */
  stem: string;
  kind: SourceClip["kind"];
  /** Path of the video, or of the folder of its crops. */
  source: string;
  transcript?: SourceClip["transcript"];
  /** The prepared folder. */
  out: string;
  config: ClipConfig;
  stamp: Stamp;
  /** Ids of clips that are there and lack only numbers that their own files tell. */
  measure?: string[];
}

type Told = "source" | "speaker" | "frames" | "duration_s" | "words" | "note" | `box_${string}`;

/** A stretch of frames in which the speaker is seen and heard. */
export interface Excerpt {
  /** What its source alone knows of it. */
  facts: Omit<VideoFacts, Told>;
  data: Omit<ClipData, "mel" | "audio">;
  /** 640 samples a frame. */
  audio: Float32Array;
  /** What was left out or mended; empty texts do not count. */
  notes: string[];
}

/** Means of the boxes for the manifest: centre and size in pixels, movement from frame to frame over size. */
function boxStatistics(boxes: Float32Array) {
  const frames = boxes.length / 4;
  let x = 0, y = 0, size = 0, moved = 0;
  for (let i = 0; i < boxes.length; i += 4) {
    x += (boxes[i] + boxes[i + 2]) / 2;
    y += (boxes[i + 1] + boxes[i + 3]) / 2;
    size += (boxes[i + 2] - boxes[i] + boxes[i + 3] - boxes[i + 1]) / 2;
    if (i === 0) continue;
    const dx = boxes[i] + boxes[i + 2] - boxes[i - 4] - boxes[i - 2];
    const dy = boxes[i + 1] + boxes[i + 3] - boxes[i - 3] - boxes[i - 1];
    moved += Math.hypot(dx, dy) / 2;
  }
  return {
    box_x_mean: x / frames,
    box_y_mean: y / frames,
    box_size_mean: size / frames,
    box_jitter: moved / Math.max(1, frames - 1) / (size / frames),
  };
}

/** Makes a clip's file of an excerpt; returns its row. */
export async function writeExcerpt(
  { source, out, stamp }: ClipJob,
  { facts, data, audio, notes }: Excerpt,
): Promise<ClipRow> {
  const frames = data.jpegs.length;
  return await writeClip(join(out, clipPath(facts.id)), {
    facts: {
      ...facts,
      source,
      speaker: facts.id.split("/")[0],
      frames,
      duration_s: frames / FRAME_RATE,
      ...boxStatistics(data.boxes),
      words: data.words.length,
      note: notes.filter(Boolean).join("; "),
    },
    data: { ...data, mel: melSpectrogram(audio), audio: toInt16(audio) },
    stamp,
  });
}
