// The layers of a network with the size of what comes out of each, chain by chain.
import type { Pool } from "../nn/pool.ts";

export type LayerKind = "input" | "convolution" | "residual" | "transposed" | "pool" | "LSTM";

/** One layer and what comes out of it: rows, columns, channels at full width. */
export interface PlanLayer {
  kind: LayerKind;
  h: number;
  w: number;
  c: number;
  /** Rows and columns of a convolution's kernel. */
  kernel?: [number, number];
  /** Rows and columns of the step: sizes shrink by it, after a transposed convolution they grow by it. */
  stride?: [number, number];
  /** A CBAM follows the convolution. */
  cbam?: boolean;
}

/** A chain of layers. */
export interface Lane {
  name: string;
  layers: PlanLayer[];
  /** A decoder, which leads back from the encoders' end to their beginning. */
  back?: true;
}

/** A network: its chains, the decoder last, and which outputs are joined to which, as [lane, layer] pairs. */
export interface NetworkPlan {
  /** At full width. */
  parameters: number;
  lanes: Lane[];
  /** The chains whose last outputs, joined, enter the decoder or, without one, are compared. */
  joins: number[];
  skips: { from: [number, number]; to: [number, number] }[];
  /** What comes out. */
  result: string;
}

/** A row of any block table. */
export interface Row {
  filters: number;
  kernel: number | [number, number];
  stride: [number, number];
  pad: number | [number, number];
  residual?: boolean;
  pool?: Pool;
}

const pairOf = (value: number | [number, number]): [number, number] =>
  typeof value === "number" ? [value, value] : value;

/** The layers of a table's rows after `input`. */
function chain(input: PlanLayer, rows: readonly Row[], { cbam = false } = {}): PlanLayer[] {
  let { h, w } = input;
  const layers: PlanLayer[] = [];
  for (const { filters: c, kernel, stride, pad, residual, pool } of rows) {
    const [kh, kw] = pairOf(kernel), [ph, pw] = pairOf(pad);
    h = Math.floor((h + 2 * ph - kh) / stride[0]) + 1;
    w = Math.floor((w + 2 * pw - kw) / stride[1]) + 1;
    const kind = residual ? "residual" : "convolution";
    layers.push({ kind, h, w, c, kernel: [kh, kw], stride, ...(cbam ? { cbam } : {}) });
    if (!pool) continue;
    h = Math.floor((h + 2 * pool.pad - pool.size) / pool.stride[0]) + 1;
    w = Math.floor((w + 2 * pool.pad - pool.size) / pool.stride[1]) + 1;
    layers.push({ kind: "pool", h, w, c, stride: pool.stride });
  }
  return layers;
}

export const input = (h: number, w: number, c: number): PlanLayer => ({ kind: "input", h, w, c });

/** A chain: an input and the rows of a table after it. */
export const lane = (name: string, from: PlanLayer, rows: readonly Row[], options = {}): Lane => ({
  name,
  layers: [from, ...chain(from, rows, options)],
});

/** The last layer of each encoder group, counted after the input. */
export function ends(counts: number[]): number[] {
  let at = 0;
  return counts.map((count) => at += count);
}

interface UpStep {
  filters: number;
  stride: 1 | 2;
  /** The layers after the transposed convolution. */
  then: ("convolution" | "residual")[];
}

export const ONE: [number, number] = [1, 1], THREE: [number, number] = [3, 3];
export const repeated = <T>(count: number, some: T[]): T[] =>
  Array.from({ length: count }, () => some).flat();

/** A decoder from 1 x 1: transposed convolutions of 3 x 3 with 3 x 3 layers after them; also where each step ends. */
export function decoder(first: PlanLayer[], steps: readonly UpStep[], last: PlanLayer[]) {
  let side = 1;
  const layers = [...first], stops: number[] = [];
  for (const { filters: c, stride, then } of steps) {
    side = side === 1 ? 3 : side * stride;
    const size = { h: side, w: side, c, kernel: THREE };
    layers.push({ kind: "transposed", ...size, stride: [stride, stride] });
    layers.push(...then.map((kind): PlanLayer => ({ kind, ...size, stride: ONE })));
    stops.push(layers.length - 1);
  }
  return { lane: { name: "face decoder", layers: [...layers, ...last], back: true as const }, stops };
}
