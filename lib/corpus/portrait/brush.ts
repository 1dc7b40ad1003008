import { Canvas, type CanvasRenderingContext2D } from "skia-canvas";
import { type Random, randomStream } from "../../base/random.ts";
import { type Area, DETAIL, emptyLayer, type Layer, overlay } from "./layer.ts";
import { type Colour, css, lighten } from "./colour.ts";

export type Pen = CanvasRenderingContext2D;
export type Point = [number, number];
/** A colour in CSS, or a gradient. */
export type Paint = Pen["fillStyle"];

/** Draws with a canvas in face coordinates over a layer. */
export function drawOn(layer: Layer, draw: (pen: Pen) => void): Layer {
  const canvas = new Canvas(layer.width, layer.height);
  canvas.gpu = false; // the same pixels on every machine
  const pen = canvas.getContext("2d");
  pen.scale(DETAIL, DETAIL);
  pen.translate(-layer.left, -layer.top);
  pen.lineCap = pen.lineJoin = "round";
  draw(pen);
  overlay(layer, pen.getImageData(0, 0, layer.width, layer.height).data as Uint8ClampedArray);
  return layer;
}

/** A new layer of an area, drawn with a canvas. */
export function drawnLayer(area: Area, draw: (pen: Pen) => void): Layer {
  return drawOn(emptyLayer(area), draw);
}

/** Traces a smooth curve through points (Catmull-Rom), from where the pen is when it is to `join`. */
function trace(pen: Pen, points: Point[], join: boolean): void {
  const last = points.length - 1, at = (i: number) => points[Math.max(0, Math.min(last, i))];
  if (join) pen.lineTo(...points[0]);
  else pen.moveTo(...points[0]);
  for (let i = 0; i < last; i++) {
    const [[ax, ay], [bx, by], [cx, cy], [dx, dy]] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    pen.bezierCurveTo(bx + (cx - ax) / 6, by + (cy - ay) / 6, cx - (dx - bx) / 6, cy - (dy - by) / 6, cx, cy);
  }
}

/** Strokes a smooth curve. */
export function stroke(pen: Pen, points: Point[], paint: Paint, width: number): void {
  pen.strokeStyle = paint;
  pen.lineWidth = width;
  pen.beginPath();
  trace(pen, points, false);
  pen.stroke();
}

/** Fills what smooth curves, one joined to the other, enclose; the outline stays the pen's path. */
export function fill(pen: Pen, paint: Paint, ...curves: Point[][]): void {
  pen.beginPath();
  curves.forEach((points, k) => trace(pen, points, k > 0));
  pen.closePath();
  pen.fillStyle = paint;
  pen.fill();
}

/** Fills an ellipse; the outline stays the pen's path. */
export function fillEllipse(pen: Pen, paint: Paint, [x, y]: Point, [rx, ry]: Point, turn = 0): void {
  pen.beginPath();
  pen.ellipse(x, y, rx, ry, turn, 0, 7);
  pen.fillStyle = paint;
  pen.fill();
}

/** A linear gradient between two points, colours at even distances. */
export function gradient(pen: Pen, from: Point, to: Point, colours: string[]) {
  const fill = pen.createLinearGradient(...from, ...to);
  colours.forEach((colour, i) => fill.addColorStop(i / (colours.length - 1), colour));
  return fill;
}

/** A soft round patch of colour. */
export function glow(pen: Pen, [x, y]: Point, radius: number, colour: Colour, alpha: number): void {
  const fill = pen.createRadialGradient(x, y, 0, x, y, radius);
  fill.addColorStop(0, css(colour, alpha));
  fill.addColorStop(0.5, css(colour, alpha * 0.45));
  fill.addColorStop(1, css(colour, 0));
  pen.fillStyle = fill;
  pen.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
}

/** Many strands of hair: `path(i / count)` gives the points of each, root first; shades vary around the colour. */
export function strands(
  pen: Pen,
  { count, colour, width, seed, path, contrast = 0.45 }: {
    count: number;
    colour: Colour;
    width: number;
    seed: number;
    contrast?: number;
    path: (place: number, rng: Random) => Point[];
  },
): void {
  const rng = randomStream("strands", seed);
  for (let i = 0; i < count; i++) {
    const shade = Math.exp(contrast * 0.6 * Math.max(-2, Math.min(1.6, rng.normal())));
    const paint = css(lighten(colour, shade), rng.uniform(0.25, 0.7)), thick = width * rng.uniform(0.5, 1.3);
    stroke(pen, path(i / count, rng), paint, thick);
  }
}
