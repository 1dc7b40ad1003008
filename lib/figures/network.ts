import type { CanvasRenderingContext2D } from "skia-canvas";
import type { Lane, LayerKind, NetworkPlan, PlanLayer } from "../models/network_plan.ts";
import { brokenText, canvasPng, newCanvas, setFont, SOFT_INK } from "./canvas.ts";
import { COLOURS, GUIDE } from "./svg.ts";

export interface NetworkFigureOptions {
  title: string;
  caption?: string;
  scale?: number;
}

const WIDTH = 760, MARGIN = 8, LEFT = 78, TALLEST = 64, WIDEST = 15, GAP = 2;
/** Room for the two lines of numbers under a group of layers of one size. */
const LABEL = 46, TEXT = 26, LANE = TALLEST + TEXT + 14;

const FILLS: Record<LayerKind, string> = {
  input: "#bbbbbb",
  convolution: COLOURS[0],
  residual: COLOURS[5],
  transposed: COLOURS[2],
  pool: "#e4e4e4",
  LSTM: COLOURS[3],
};
const CBAM = COLOURS[1];

/** Where a layer stands: the middle of its foot and of its head. */
interface Place {
  x: number;
  top: number;
  bottom: number;
}

/** Layers in a row of one size and number of channels share a label. */
function groupsOf(layers: PlanLayer[]): PlanLayer[][] {
  const groups: PlanLayer[][] = [];
  for (const layer of layers) {
    const last = groups.at(-1)?.[0];
    const isSame = last && last.h === layer.h && last.w === layer.w && last.c === layer.c &&
      last.kind !== "input";
    if (isSame) groups.at(-1)!.push(layer);
    else groups.push([layer]);
  }
  return groups;
}

const widthOf = ({ c }: PlanLayer) => 4 + (WIDEST - 4) * Math.min(1, c / 512);
const groupWidth = (group: PlanLayer[]) =>
  Math.max(LABEL, group.reduce((sum, layer) => sum + widthOf(layer) + GAP, 0));

const laneWidth = (layers: PlanLayer[]) =>
  groupsOf(layers).reduce((sum, group) => sum + groupWidth(group), 0);

/** Where a chain is drawn, and what all chains share. */
interface Frame {
  bottom: number;
  /** Rows of the largest layer, and units of the longest chain. */
  tallest: number;
  widest: number;
  /** Chains end side by side, where a decoder leads back. */
  isRight: boolean;
}

/** Draws one chain with its foot at `bottom`; where its layers stand. */
function drawLane(
  context: CanvasRenderingContext2D,
  { name, layers, back }: Lane,
  { bottom, tallest, widest, isRight }: Frame,
): Place[] {
  const groups = groupsOf(back ? layers.toReversed() : layers), places: Place[] = [];
  const squeeze = Math.min(1.4, (WIDTH - LEFT - MARGIN) / widest);
  setFont(context, 10);
  context.fillText(name, MARGIN, bottom - 4);
  let x = LEFT + (isRight ? (widest - laneWidth(layers)) * squeeze : 0);
  for (const group of groups) {
    const room = groupWidth(group) * squeeze, [{ h, w, c }] = group;
    let at = x + (room - group.reduce((sum, layer) => sum + (widthOf(layer) + GAP) * squeeze, 0)) / 2;
    for (const layer of group) {
      const width = widthOf(layer) * squeeze, height = 4 + (TALLEST - 4) * Math.sqrt(layer.h / tallest);
      context.fillStyle = FILLS[layer.kind];
      context.fillRect(at, bottom - height, width, height);
      if (layer.cbam) {
        context.fillStyle = CBAM;
        context.fillRect(at + width - 1.5, bottom - height, 2, height);
      }
      places.push({ x: at + width / 2, top: bottom - height, bottom });
      at += width + GAP * squeeze;
    }
    setFont(context, 8, { colour: SOFT_INK, align: "center" });
    context.fillText(`${h} × ${w}`, x + room / 2, bottom + 11, room);
    context.fillText(`${c}`, x + room / 2, bottom + 21, room);
    x += room;
  }
  return back ? places.reverse() : places;
}

function drawLegend(context: CanvasRenderingContext2D, plan: NetworkPlan, y: number): void {
  const layers = plan.lanes.flatMap((lane) => lane.layers);
  const used = (Object.keys(FILLS) as LayerKind[]).filter((kind) =>
    layers.some((layer) => layer.kind === kind)
  );
  const entries = used.map((kind): [string, string] => [kind, FILLS[kind]]);
  if (layers.some(({ cbam }) => cbam)) entries.push(["CBAM after it", CBAM]);
  let x = MARGIN;
  for (const [name, fill] of entries) {
    context.fillStyle = fill;
    context.fillRect(x, y - 9, 10, 10);
    setFont(context, 10);
    context.fillText(name, x + 14, y);
    x += 14 + context.measureText(name).width + 16;
  }
}

/**
 * Draws a network from its plan as a PNG: a lane a chain, heights by the square root of the rows, widths by the channels,
 * rows x columns and channels at full width below each group of equal layers; skip connections are dashed lines.
 */
export function networkPicture(
  plan: NetworkPlan,
  { title, caption, scale = 2 }: NetworkFigureOptions,
): Uint8Array {
  const lines = brokenText(caption ?? "", { size: 10, width: WIDTH - 2 * MARGIN });
  const top = MARGIN + 46, height = top + plan.lanes.length * LANE + 14 * lines.length + MARGIN;
  const { canvas, context } = newCanvas(WIDTH, height, { scale });
  setFont(context, 14, { bold: true });
  context.fillText(title, MARGIN, MARGIN + 13, WIDTH - 2 * MARGIN);
  drawLegend(context, plan, MARGIN + 34);
  const tallest = Math.max(...plan.lanes.flatMap(({ layers }) => layers.map(({ h }) => h)));
  const widest = Math.max(...plan.lanes.map(({ layers }) => laneWidth(layers)));
  const isRight = plan.lanes.some(({ back }) => back);
  const places = plan.lanes.map((lane, k) =>
    drawLane(context, lane, { bottom: top + k * LANE + TALLEST + 8, tallest, widest, isRight })
  );
  context.strokeStyle = GUIDE;
  context.lineWidth = 0.8;
  context.setLineDash([3, 3]);
  for (const { from: [fromLane, from], to: [toLane, to] } of plan.skips) {
    const start = places[fromLane][from], end = places[toLane][to];
    context.beginPath();
    context.moveTo(start.x, start.bottom + TEXT - 2);
    context.lineTo(end.x, end.top - 2);
    context.stroke();
  }
  context.setLineDash([]);
  setFont(context, 10, { colour: SOFT_INK });
  lines.forEach((line, k) =>
    context.fillText(line, MARGIN, height - MARGIN - 14 * (lines.length - 1 - k) - 2)
  );
  return canvasPng(canvas);
}
