import { FACE_SIZE } from "../base/shapes.ts";
import type { SourceFrame } from "../dataset/clip_source.ts";
import type { Clip } from "../dataset/dataset.ts";
import { faceAt } from "../dataset/windows.ts";
import { fromInt16 } from "../media/audio.ts";
import { canvasPng, drawRaster, drawText, MARGIN, NOTE, page, type PageText } from "./canvas.ts";
import { faceRaster, lowerRaster, type Raster } from "./raster.ts";
import { COLOURS, WIDTH } from "./style.ts";
import { writeVideo } from "./video.ts";

/** The box is drawn in yellow. */
const BOX_COLOUR = [255, 220, 0];
/** Points of the mouth among the 68 landmarks. */
const FIRST_MOUTH_POINT = 48;

/** A frame with the edges of its box, two pixels thick. */
function boxedFrame({ rgb, width, height, box }: SourceFrame): Raster {
  const boxed = rgb.slice(), [x0, y0, x1, y1] = box.map(Math.round);
  const put = (x: number, y: number) => {
    if (x >= 0 && y >= 0 && x < width && y < height) boxed.set(BOX_COLOUR, 3 * (y * width + x));
  };
  for (let thick = 0; thick < 2; thick++) {
    for (let x = x0; x <= x1; x++) [y0 + thick, y1 - thick].forEach((y) => put(x, y));
    for (let y = y0; y <= y1; y++) [x0 + thick, x1 - thick].forEach((x) => put(x, y));
  }
  return { rgb: boxed, width, height };
}

/**
 * Writes a clip as a small mp4 with its audio: the frames of its video with the box of its crops, or the crops
 * themselves where there are none. Throws KitError when the place is not writable.
 */
export async function writeClipVideo(
  path: string,
  clip: Clip,
  { frames }: { frames?: AsyncIterable<SourceFrame> } = {},
): Promise<void> {
  async function* images() {
    if (frames) { for await (const frame of frames) yield boxedFrame(frame); }
    else for (let t = 0; t < clip.frames; t++) yield faceRaster(faceAt(clip, t));
  }
  await writeVideo(path, images(), { audio: fromInt16(clip.audio), crf: 24 });
}

/**
 * One frame on its way into the networks: the video's frame with its landmarks (the mouth's in another colour) and the
 * crop's box, the crop of 96 x 96 pixels, and its lower half, which the sync discriminator sees. Without the video, the
 * crop alone. Returns a PNG.
 */
export function momentImage(
  clip: Clip,
  { frame, seen, ...text }: PageText & { frame: number; seen?: SourceFrame },
): Uint8Array {
  const head = 16, side = 240, panel = (WIDTH - 2 * MARGIN) / 3, crop = faceAt(clip, frame);
  const { canvas, context, top } = page(head + side, { ...text, foot: [16, 6, 6] });
  /** An image in one of the three columns with its heading; pixels of the image to the unit. */
  const show = (column: number, heading: string, image: Raster) => {
    const x = MARGIN + column * panel, y = top + head, size = side / Math.max(image.width, image.height);
    drawText(context, heading, { ...NOTE, x, y: y - 5 });
    drawRaster(context, image, { x, y, width: size * image.width, height: size * image.height });
    return { x, y, size };
  };
  show(1, `crop, ${FACE_SIZE} × ${FACE_SIZE}`, faceRaster(crop));
  show(2, "lower half, 48 × 96", lowerRaster(crop));
  if (seen) {
    const { x, y, size } = show(0, `frame ${frame}, ${seen.width} × ${seen.height}`, seen);
    const [x0, y0, x1, y1] = seen.box, { landmarks = [] } = seen;
    context.strokeStyle = `rgb(${BOX_COLOUR})`;
    context.lineWidth = 1.5;
    context.strokeRect(x + size * x0, y + size * y0, size * (x1 - x0), size * (y1 - y0));
    for (let k = 0; 2 * k < landmarks.length; k++) {
      context.fillStyle = k < FIRST_MOUTH_POINT ? COLOURS[5] : COLOURS[1];
      context.fillRect(x + size * landmarks[2 * k] - 1.25, y + size * landmarks[2 * k + 1] - 1.25, 2.5, 2.5);
    }
  }
  return canvasPng(canvas);
}
