import { FACE_BYTES, FACE_SIZE, HALF_FACE } from "../base/shapes.ts";
import type { Clip, Dataset } from "../dataset/dataset.ts";
import { faceAt } from "../dataset/windows.ts";
import { type ClipSource, cropAt, sourceFrame } from "../dataset/clip_source.ts";
import { fromInt16 } from "../media/audio.ts";
import { detectFaces } from "../media/face_detector.ts";
import type { Face } from "../media/landmarks.ts";
import { decodeFrames } from "../media/decode.ts";
import { openVideoWriter } from "../media/writer.ts";
import { canvasPng, drawRaster, newCanvas, setFont, SOFT_INK } from "./canvas.ts";
import { COLOURS } from "./svg.ts";
import type { SheetRow } from "./video.ts";

const WIDTH = 760, MARGIN = 8;
/** Width of a video inside a notebook, which stores it. */
const VIDEO_WIDTH = 320;
/** The box is drawn in yellow. */
const BOX_COLOUR = [255, 220, 0];
/** Points of the mouth among the 68 landmarks. */
const FIRST_MOUTH_POINT = 48;

/** Faces in a row where a speaker has only one, and the speakers that are shown then. */
const IN_A_ROW = 10, MOST_SPEAKERS = 60;

/**
 * Faces of each speaker for `contactSheet`: a row each and a clip each as far as there are several; several rows each
 * with fewer than three speakers, and one face each, side by side, with more than `most`.
 */
export async function speakerRows(
  { folder, rows: clips }: Pick<Dataset, "folder" | "rows">,
  { most = 8, columns = 7 }: { most?: number; columns?: number } = {},
): Promise<SheetRow[]> {
  const speakers = [...new Set(clips.map(({ speaker }) => speaker))];
  const many = speakers.length > most, wide = many ? IN_A_ROW : columns;
  const each = speakers.length < 3 ? Math.floor(Math.min(most, 4) / speakers.length) : 1;
  const faces: { speaker: string; frame: Uint8Array }[] = [];
  for (const [n, speaker] of speakers.slice(0, MOST_SPEAKERS).entries()) {
    const own = clips.filter((clip) => clip.speaker === speaker), count = many ? 1 : each * columns;
    for (let k = 0; k < count; k++) {
      // Moments spread over the clips, so that mouths are closed in some and open in others.
      const moment = (0.31 + 0.382 * (many ? n : k)) % 1;
      faces.push({ speaker, frame: await cropAt(folder, own[Math.floor(k * own.length / count)], moment) });
    }
  }
  const rows: SheetRow[] = [];
  for (let from = 0; from < faces.length; from += wide) {
    const row = faces.slice(from, from + wide), [first, last] = [row[0].speaker, row.at(-1)!.speaker];
    const label = many ? `${first} to ${last}` : faces[from - 1]?.speaker === first ? "" : first;
    rows.push({ label, frames: row.map(({ frame }) => frame) });
  }
  return rows;
}

/** Draws the edges of a box into an RGB frame, two pixels thick. */
function drawBox(frame: Uint8Array, { width, box }: { width: number; box: number[] }): void {
  const height = frame.length / 3 / width;
  const [x0, y0, x1, y1] = box.map(Math.round);
  const put = (x: number, y: number) => {
    if (x >= 0 && y >= 0 && x < width && y < height) frame.set(BOX_COLOUR, 3 * (y * width + x));
  };
  for (let thick = 0; thick < 2; thick++) {
    for (let x = x0; x <= x1; x++) [y0 + thick, y1 - thick].forEach((y) => put(x, y));
    for (let y = y0; y <= y1; y++) [x0 + thick, x1 - thick].forEach((x) => put(x, y));
  }
}

/** The frames of a video with the crop's box, narrowed to what a notebook shows. */
async function* boxedFrames({ video, firstFrame, boxes, ...size }: ClipSource, width: number) {
  let index = -firstFrame;
  for await (const frame of decodeFrames(video, { width })) {
    const t = index++;
    if (t < 0) continue;
    if (4 * t >= boxes.length) return;
    drawBox(frame, {
      width,
      box: Array.from(boxes.subarray(4 * t, 4 * t + 4), (v) => v * width / size.width),
    });
    yield frame;
  }
}

/**
 * Writes a clip as a small mp4 with its sound: the video with the box of its crops, or the crops themselves when the
 * video is no longer there. Throws KitError when the place is not writable.
 */
export async function writeClipVideo(
  path: string,
  clip: Clip,
  { source }: { source?: ClipSource } = {},
): Promise<void> {
  const width = source ? Math.min(VIDEO_WIDTH, source.width) : FACE_SIZE;
  const height = source ? Math.max(1, Math.round(width * source.height / source.width)) : FACE_SIZE;
  const writer = openVideoWriter(path, { width, height, audio: fromInt16(clip.audio), crf: 24 });
  try {
    if (source) { for await (const frame of boxedFrames(source, width)) await writer.write(frame); }
    else for (let t = 0; t < clip.frames; t++) await writer.write(faceAt(clip, t).slice());
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/**
 * One frame on its way into the networks: the video's frame with the 68 landmarks (the mouth's in another colour) and the
 * crop's box, the crop of 96 x 96 pixels, and its lower half, which the sync discriminator sees. Without the video, the
 * crop alone. Returns a PNG.
 */
export async function momentImage(
  clip: Clip,
  { frame, source, title, caption, scale = 2 }: {
    frame: number;
    source?: ClipSource;
    title?: string;
    caption?: string;
    scale?: number;
  },
): Promise<Uint8Array> {
  const top = MARGIN + (title ? 24 : 0) + 16, side = 240, panel = (WIDTH - 2 * MARGIN) / 3;
  const { canvas, context } = newCanvas(WIDTH, top + side + (caption ? 22 : 6), { scale });
  if (title) {
    setFont(context, 14, { bold: true });
    context.fillText(title, MARGIN, MARGIN + 13, WIDTH - 2 * MARGIN);
  }
  setFont(context, 10, { colour: SOFT_INK });
  if (caption) context.fillText(caption, MARGIN, top + side + 16, WIDTH - 2 * MARGIN);
  const left = MARGIN + panel, lower = left + panel;
  context.fillText("crop, 96 × 96", left, top - 5);
  context.fillText("lower half, 48 × 96", lower, top - 5);
  const crop = faceAt(clip, frame), whole = { rgb: crop, width: FACE_SIZE, height: FACE_SIZE };
  drawRaster(context, whole, { x: left, y: top, width: side, height: side });
  const half = { rgb: crop.subarray(FACE_BYTES / 2), width: FACE_SIZE, height: HALF_FACE };
  drawRaster(context, half, { x: lower, y: top, width: side, height: side / 2 });
  if (source) {
    const { width, height, boxes } = source, rgb = await sourceFrame(source, frame);
    const [face]: (Face | undefined)[] = await detectFaces(rgb, width, height);
    const size = side / Math.max(width, height), y = top;
    context.fillText(`frame ${frame}, ${width} × ${height}`, MARGIN, top - 5);
    drawRaster(context, { rgb, width, height }, {
      x: MARGIN,
      y,
      width: size * width,
      height: size * height,
    });
    const [x0, y0, x1, y1] = boxes.subarray(4 * frame, 4 * frame + 4);
    context.strokeStyle = `rgb(${BOX_COLOUR})`;
    context.lineWidth = 1.5;
    context.strokeRect(MARGIN + size * x0, y + size * y0, size * (x1 - x0), size * (y1 - y0));
    for (let k = 0; face && k < 68; k++) {
      context.fillStyle = k < FIRST_MOUTH_POINT ? COLOURS[5] : COLOURS[1];
      const [px, py] = face.landmarks.subarray(2 * k, 2 * k + 2);
      context.fillRect(MARGIN + size * px - 1.25, y + size * py - 1.25, 2.5, 2.5);
    }
  }
  return canvasPng(canvas);
}
