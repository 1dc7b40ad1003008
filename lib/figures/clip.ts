import type { CanvasRenderingContext2D } from "skia-canvas";
import {
  FACE_BYTES,
  FACE_SIZE,
  FRAME_RATE,
  HALF_FACE,
  MEL_BANDS,
  MEL_RATE,
  MEL_SIZE,
  SYNC_FRAMES,
} from "../base/shapes.ts";
import type { Clip } from "../dataset/dataset.ts";
import { faceAt } from "../dataset/windows.ts";
import type { SpokenWord } from "../dataset/words.ts";
import { melStart } from "../media/mel.ts";
import {
  type Box,
  brokenText,
  canvasPng,
  drawRaster,
  INK,
  newCanvas,
  type Raster,
  setFont,
  SOFT_INK,
} from "./canvas.ts";
import { COLOURS } from "./svg.ts";
import { melRaster } from "./video.ts";

export interface ClipFigureOptions {
  title?: string;
  caption?: string;
  /** Pixels to the unit. */
  scale?: number;
}

const WIDTH = 760, MARGIN = 8, LEFT = 96;
const THUMBNAILS = 10;
/** Upright lines at words. */
const RULE = "#bbbbbb";

/** The lower half of a frame's crop, 96 x 48. */
const lowerHalf = (clip: Clip, frame: number): Raster => ({
  rgb: faceAt(clip, frame).subarray(FACE_BYTES / 2),
  width: FACE_SIZE,
  height: HALF_FACE,
});

/** A white page with title and caption; `top` is where its content begins. */
function page(height: number, { title, caption, scale = 2 }: ClipFigureOptions) {
  const top = MARGIN + (title ? 24 : 0), bottom = top + height;
  const lines = brokenText(caption ?? "", { size: 10, width: WIDTH - 2 * MARGIN });
  const { canvas, context } = newCanvas(WIDTH, bottom + (caption ? 6 + 14 * lines.length : 0) + 2, { scale });
  if (title) {
    setFont(context, 14, { bold: true });
    context.fillText(title, MARGIN, MARGIN + 13, WIDTH - 2 * MARGIN);
  }
  setFont(context, 10, { colour: SOFT_INK });
  lines.forEach((line, k) => context.fillText(line, MARGIN, bottom + 13 + 14 * k));
  return { canvas, context, top };
}

function nameTrack(context: CanvasRenderingContext2D, lines: string[], { y, height }: Box): void {
  setFont(context, 10);
  lines.forEach((line, k) =>
    context.fillText(line, MARGIN, y + height / 2 + 4 + 13 * (k - (lines.length - 1) / 2))
  );
}

/** Loudest and quietest sample of each unit of width. */
function drawWave(context: CanvasRenderingContext2D, audio: Int16Array, { x, y, width, height }: Box): void {
  context.fillStyle = COLOURS[0];
  const peak = audio.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1);
  const steps = 2 * Math.floor(width);
  for (let k = 0; k < steps; k++) {
    const part = audio.subarray(k * audio.length / steps, (k + 1) * audio.length / steps);
    const low = Math.min(...part) / peak, high = Math.max(...part) / peak;
    context.fillRect(x + k / 2, y + height / 2 * (1 - high), 0.5, Math.max(0.5, height / 2 * (high - low)));
  }
}

/** A course over the frames as a line, from its own least value to its greatest. */
function drawCourse(
  context: CanvasRenderingContext2D,
  values: ArrayLike<number>,
  { x, y, width, height, colour }: Box & { colour: string },
): void {
  const known = Array.from(values).filter(Number.isFinite),
    low = Math.min(...known),
    high = Math.max(...known);
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  let drawing = false;
  for (let frame = 0; frame < values.length; frame++) {
    if (!Number.isFinite(values[frame])) {
      drawing = false;
      continue;
    }
    const at: [number, number] = [
      x + width * (frame + 0.5) / values.length,
      y + height * (1 - (values[frame] - low) / (high - low || 1)),
    ];
    drawing ? context.lineTo(...at) : context.moveTo(...at);
    drawing = true;
  }
  context.stroke();
}

function drawSeconds(context: CanvasRenderingContext2D, seconds: number, { x, y, width }: Box): void {
  setFont(context, 10, { align: "center" });
  for (let second = 0; second <= seconds; second += seconds > 12 ? 5 : 1) {
    context.fillRect(x + width * second / seconds - 0.5, y, 1, 4);
    context.fillText(`${second} s`, x + width * second / seconds, y + 16);
  }
}

/** Words at their beginnings, in turns on two lines so that short ones stay legible. */
function drawWords(
  context: CanvasRenderingContext2D,
  words: SpokenWord[],
  { x, y, width, seconds, foot }: Box & { seconds: number; foot: number },
): void {
  setFont(context, 9);
  words.forEach(({ word, start }, k) => {
    const at = x + width * start / seconds;
    const line = y + (k % 2 === 0 ? 0 : 11);
    context.fillStyle = RULE;
    context.fillRect(at - 0.5, line + 2, 1, foot - line - 2);
    context.fillStyle = INK;
    context.fillText(word.toLowerCase(), at + 2, line + 9);
  });
}

/**
 * One clip along its time: faces, words, sound, mel with the frames at which windows of speech begin (green), and the
 * courses of mouth opening and sound level, each from its own least value to its greatest. Returns a PNG.
 */
export function clipTracks(
  clip: Clip,
  { openings, levels, words = [], ...options }: ClipFigureOptions & {
    /** Mouth opening and sound level by frame, [frames]; NaN leaves a gap. */
    openings: ArrayLike<number>;
    levels: ArrayLike<number>;
    words?: SpokenWord[];
  },
): Uint8Array {
  const { canvas, context, top } = page(382, options);
  const x = LEFT, width = WIDTH - LEFT - MARGIN, seconds = clip.frames / FRAME_RATE;
  const box = (y: number, height: number): Box => ({ x, y: top + y, width, height });
  const side = width / THUMBNAILS;
  nameTrack(context, ["faces"], box(0, side));
  for (let k = 0; k < THUMBNAILS; k++) {
    const frame = Math.floor((k + 0.5) * clip.frames / THUMBNAILS);
    const face = { rgb: faceAt(clip, frame), width: FACE_SIZE, height: FACE_SIZE };
    drawRaster(context, face, { x: x + k * side, y: top, width: side - 1, height: side });
  }
  const wave = box(96, 56), mel = box(158, 100), voice = box(260, 5), courses = box(274, 80);
  nameTrack(context, ["sound"], wave);
  drawWave(context, clip.audio, wave);
  nameTrack(context, ["mel, 80 bands"], mel);
  drawRaster(context, melRaster(clip.mel.subarray(0, Math.round(seconds * MEL_RATE) * MEL_BANDS)), {
    ...mel,
    smooth: false,
  });
  drawWords(context, words, { ...box(68, 0), seconds, foot: top + 158 });
  context.fillStyle = COLOURS[2];
  clip.voiced.forEach((voiced, frame) => {
    if (voiced) context.fillRect(x + width * frame / clip.frames, voice.y, width / clip.frames, voice.height);
  });
  setFont(context, 10, { colour: COLOURS[0] });
  context.fillText("mouth opening", MARGIN, courses.y + 36);
  setFont(context, 10, { colour: COLOURS[1] });
  context.fillText("sound level", MARGIN, courses.y + 50);
  drawCourse(context, levels, { ...courses, colour: COLOURS[1] });
  drawCourse(context, openings, { ...courses, colour: COLOURS[0] });
  context.fillStyle = SOFT_INK;
  drawSeconds(context, seconds, box(360, 0));
  return canvasPng(canvas);
}

/** The mel window of 16 columns that begins at a frame. */
function melAt(clip: Clip, frame: number): Raster {
  const from = melStart(frame) * MEL_BANDS;
  return melRaster(clip.mel.subarray(from, from + MEL_SIZE));
}

/**
 * A sync window: the lower halves of 5 frames from `start` on, under them the mel window of the same 200 ms, and that
 * of another moment of the clip, with which they are off sync. All share one axis of time. Returns a PNG.
 */
export function pairImage(
  clip: Clip,
  { start, other, ...options }: ClipFigureOptions & { start: number; other: number },
): Uint8Array {
  const { canvas, context, top } = page(332, options);
  const x = LEFT, width = WIDTH - LEFT - MARGIN, frame = width / SYNC_FRAMES, high = frame / 2;
  const box = (y: number, height: number): Box => ({ x, y: top + y, width, height });
  const faces = box(14, high), inSync = box(22 + high, 118), offSync = box(148 + high, 118);
  nameTrack(context, ["5 lower", "half faces"], faces);
  nameTrack(context, ["in sync:", "mel of the", "same 200 ms"], inSync);
  const away = Math.abs(other - start);
  nameTrack(context, ["off sync:", `${away} frames`, other > start ? "later" : "earlier"], offSync);
  setFont(context, 10, { colour: SOFT_INK, align: "center" });
  for (let k = 0; k < SYNC_FRAMES; k++) {
    context.fillText(`frame ${start + k}`, x + (k + 0.5) * frame, top + 9);
    drawRaster(context, lowerHalf(clip, start + k), { ...faces, x: x + k * frame, width: frame - 1 });
  }
  drawRaster(context, melAt(clip, start), { ...inSync, smooth: false });
  drawRaster(context, melAt(clip, other), { ...offSync, smooth: false });
  context.fillStyle = "rgba(255,255,255,0.6)";
  for (let k = 1; k < SYNC_FRAMES; k++) {
    for (const { y, height } of [inSync, offSync]) context.fillRect(x + k * frame - 0.5, y, 1, height);
  }
  return canvasPng(canvas);
}
