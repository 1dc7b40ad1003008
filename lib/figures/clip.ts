import { extent, max } from "d3-array";
import { FRAME_RATE, MEL_BANDS, MEL_RATE, MEL_SIZE, SYNC_FRAMES } from "../base/shapes.ts";
import type { Clip } from "../dataset/dataset.ts";
import { faceAt } from "../dataset/windows.ts";
import type { SpokenWord } from "../dataset/clip_file.ts";
import { melStart } from "../media/mel.ts";
import {
  type Box,
  canvasPng,
  type Context,
  drawRaster,
  drawText,
  MARGIN,
  NOTE,
  page,
  type PageText,
} from "./canvas.ts";
import { faceRaster, lowerRaster, melRaster, type Raster } from "./raster.ts";
import { COLOURS, WIDTH } from "./style.ts";

/** Where tracks begin, right of their names. */
const LEFT = 96;
const THUMBNAILS = 10;
/** Upright lines at words. */
const RULE = "#bbbbbb";

/** A page for tracks, and the box of a track from `y` on. */
function pageOfTracks(height: number, text: PageText) {
  const { canvas, context, top } = page(height, { ...text, foot: [13, 9, 2] });
  const width = WIDTH - LEFT - MARGIN;
  const trackAt = (y: number, height: number): Box => ({ x: LEFT, y: top + y, width, height });
  return { canvas, context, trackAt };
}

function nameTrack(context: Context, lines: string[], { y, height }: Box): void {
  lines.forEach((line, k) =>
    drawText(context, line, { x: MARGIN, y: y + height / 2 + 4 + 13 * (k - (lines.length - 1) / 2) })
  );
}

/** Loudest and quietest sample of each unit of width. */
function drawWave(context: Context, audio: Int16Array, { x, y, width, height }: Box): void {
  context.fillStyle = COLOURS[0];
  const peak = max(audio, Math.abs) || 1, steps = 2 * Math.floor(width);
  for (let k = 0; k < steps; k++) {
    const part = audio.subarray(k * audio.length / steps, (k + 1) * audio.length / steps);
    const [low, high] = (extent(part) as [number, number]).map((sample) => sample / peak);
    context.fillRect(x + k / 2, y + height / 2 * (1 - high), 0.5, Math.max(0.5, height / 2 * (high - low)));
  }
}

/** A course over the frames as a line, from its own least value to its greatest; NaN leaves a gap. */
function drawCourse(
  context: Context,
  values: ArrayLike<number>,
  { x, y, width, height, colour }: Box & { colour: string },
): void {
  const known = Array.from(values).filter(Number.isFinite), [low, high] = extent(known) as [number, number];
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let frame = 0; frame < values.length; frame++) {
    if (!Number.isFinite(values[frame])) continue;
    const right = x + width * (frame + 0.5) / values.length;
    const down = y + height * (1 - (values[frame] - low) / (high - low || 1));
    if (Number.isFinite(values[frame - 1])) context.lineTo(right, down);
    else context.moveTo(right, down);
  }
  context.stroke();
}

function drawSeconds(context: Context, seconds: number, { x, y, width }: Box): void {
  for (let second = 0; second <= seconds; second += seconds > 12 ? 5 : 1) {
    const at = x + width * second / seconds;
    drawText(context, `${second} s`, { x: at, y: y + 16, align: "center" });
    context.fillRect(at - 0.5, y, 1, 4);
  }
}

/** Words at their beginnings, in turns on two lines so that short ones stay legible; lines go down to `foot`. */
function drawWords(
  context: Context,
  words: SpokenWord[],
  { x, y, width, seconds, foot }: Box & { seconds: number; foot: number },
): void {
  words.forEach(({ word, start }, k) => {
    const at = x + width * start / seconds, line = y + (k % 2 === 0 ? 0 : 11);
    context.fillStyle = RULE;
    context.fillRect(at - 0.5, line + 2, 1, foot - line - 2);
    drawText(context, word.toLowerCase(), { x: at + 2, y: line + 9, size: 9 });
  });
}

/**
 * One clip along its time: faces, words, sound, mel with the frames at which windows of speech begin (green), and the
 * courses of mouth opening and sound level, each from its own least value to its greatest. Returns a PNG.
 */
export function clipTracks(
  clip: Clip,
  { openings, levels, words = [], ...text }: PageText & {
    /** Mouth opening and sound level by frame, [frames]; NaN leaves a gap. */
    openings: ArrayLike<number>;
    levels: ArrayLike<number>;
    words?: SpokenWord[];
  },
): Uint8Array {
  const { canvas, context, trackAt } = pageOfTracks(382, text);
  const seconds = clip.frames / FRAME_RATE, side = (WIDTH - LEFT - MARGIN) / THUMBNAILS;
  const faces = trackAt(0, side), wave = trackAt(96, 56), mel = trackAt(158, 100);
  const voice = trackAt(260, 5), courses = trackAt(274, 80);

  nameTrack(context, ["faces"], faces);
  for (let k = 0; k < THUMBNAILS; k++) {
    const face = faceRaster(faceAt(clip, Math.floor((k + 0.5) * clip.frames / THUMBNAILS)));
    drawRaster(context, face, { ...faces, x: faces.x + k * side, width: side - 1 });
  }
  nameTrack(context, ["sound"], wave);
  drawWave(context, clip.audio, wave);
  nameTrack(context, ["mel, 80 bands"], mel);
  const columns = Math.round(seconds * MEL_RATE);
  drawRaster(context, melRaster(clip.mel.subarray(0, columns * MEL_BANDS)), { ...mel, smooth: false });
  drawWords(context, words, { ...trackAt(68, 0), seconds, foot: mel.y });

  context.fillStyle = COLOURS[2];
  const frame = voice.width / clip.frames;
  clip.voiced.forEach((voiced, start) => {
    if (voiced) context.fillRect(voice.x + voice.width * start / clip.frames, voice.y, frame, voice.height);
  });
  drawText(context, "mouth opening", { x: MARGIN, y: courses.y + 36, colour: COLOURS[0] });
  drawText(context, "sound level", { x: MARGIN, y: courses.y + 50, colour: COLOURS[1] });
  drawCourse(context, levels, { ...courses, colour: COLOURS[1] });
  drawCourse(context, openings, { ...courses, colour: COLOURS[0] });
  drawSeconds(context, seconds, trackAt(360, 0));
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
  { start, other, ...text }: PageText & { start: number; other: number },
): Uint8Array {
  const { canvas, context, trackAt } = pageOfTracks(332, text);
  const frame = (WIDTH - LEFT - MARGIN) / SYNC_FRAMES, high = frame / 2;
  const faces = trackAt(14, high), inSync = trackAt(22 + high, 118), offSync = trackAt(148 + high, 118);
  nameTrack(context, ["5 lower", "half faces"], faces);
  nameTrack(context, ["in sync:", "mel of the", "same 200 ms"], inSync);
  const away = Math.abs(other - start);
  nameTrack(context, ["off sync:", `${away} frames`, other > start ? "later" : "earlier"], offSync);
  for (let k = 0; k < SYNC_FRAMES; k++) {
    const x = faces.x + k * frame, middle = { x: LEFT + (k + 0.5) * frame, y: faces.y - 5 };
    drawText(context, `frame ${start + k}`, { ...NOTE, ...middle, align: "center" });
    drawRaster(context, lowerRaster(faceAt(clip, start + k)), { ...faces, x, width: frame - 1 });
  }
  drawRaster(context, melAt(clip, start), { ...inSync, smooth: false });
  drawRaster(context, melAt(clip, other), { ...offSync, smooth: false });
  context.fillStyle = "rgba(255,255,255,0.6)";
  for (let k = 1; k < SYNC_FRAMES; k++) {
    for (const { x, y, height } of [inSync, offSync]) context.fillRect(x + k * frame - 0.5, y, 1, height);
  }
  return canvasPng(canvas);
}
