import { shapesOnly } from "../native/shapes_only.ts";
import { type Tensor, tf } from "../native/tf.ts";
import type { Params, Spec, Specs } from "./params.ts";

/** The attention of one layer: channel weights [batch, c] and spatial map [batch, h, w, 1], both in (0, 1). */
export interface AttentionMaps {
  channel: Tensor;
  spatial: Tensor;
}

/** Rows, columns and channels of what flows through a network. */
export interface Size {
  h: number;
  w: number;
  c: number;
}

export type LayerKind = "input" | "convolution" | "residual" | "transposed" | "pool" | "LSTM";

/** A layer that a network was led through, with the size of what came out of it. */
export interface Layer extends Size {
  kind: LayerKind;
  path: string;
  /** The size of what went in. */
  from: Size;
  /** Rows and columns of a convolution's kernel. */
  kernel?: [number, number];
  /** Rows and columns of the step: sizes shrink by it, after a transposed convolution they grow by it. */
  stride?: [number, number];
  /** A CBAM follows the convolution. */
  cbam?: boolean;
  activation?: "sigmoid";
}

/** What a later layer's output is joined with: an earlier one's. */
export interface Skip {
  from: Layer;
  to: Layer;
}

/** A network, or a part of it, while it is applied: its parameters by path, and what it leaves besides its output. */
export interface Scope {
  /** Where the part lies (`audio/0`); empty for the whole. */
  path: string;
  training: boolean;
  /** The part below this one. */
  at(name: string | number): Scope;
  /** Whether a parameter is given. */
  has(name: string): boolean;
  /** A parameter of this part; `spec`, by the network's width, is asked when parameters are described and not given. */
  param(name: string, spec: (width: number) => Spec): Tensor;
  /** Moving statistics after this batch, by path; only in training. */
  statistics: Params;
  /** Attention by layer path, where a layer has a CBAM. */
  maps: Record<string, AttentionMaps>;
  /** The layers, in their order. */
  layers: Layer[];
  skips: Skip[];
  /** The layer that a tensor comes out of. */
  outputs: Map<Tensor, Layer>;
}

type Source = Pick<Scope, "has" | "param" | "training">;

function open(source: Source): Scope {
  const kept = { statistics: {}, maps: {}, layers: [], skips: [], outputs: new Map() };
  const part = (path: string): Scope => {
    const below = (name: string | number) => path === "" ? `${name}` : `${path}/${name}`;
    return {
      ...kept,
      path,
      training: source.training,
      at: (name) => part(below(name)),
      has: (name) => source.has(below(name)),
      param: (name, spec) => source.param(below(name), spec),
    };
  };
  return part("");
}

/** The scope in which a network is applied with parameters: by batch statistics in training, else by moving ones. */
export const scope = (params: Params, { training = false }: { training?: boolean } = {}): Scope =>
  open({ training, has: (path) => path in params, param: (path) => params[path] });

/** A network's parameters, the layers it leads its input through, and its skip connections. */
export interface Description {
  specs: Specs;
  layers: Layer[];
  skips: Skip[];
}

/**
 * Describes a network at a width by leading inputs that have a shape and no values through it: the same pass that
 * computes, without computing. `input` makes such an input of one example, as [80, 16, 1].
 */
export function describe(
  width: number,
  network: (net: Scope, input: (...shape: number[]) => Tensor) => unknown,
): Description {
  const specs: Specs = {};
  return shapesOnly((placeholder) => {
    const net = open({
      training: false,
      has: (path) => path in specs,
      param: (path, spec) => placeholder((specs[path] = spec(width)).shape),
    });
    network(net, (...shape) => placeholder([1, ...shape]));
    const { layers, skips } = net;
    return { specs, layers, skips };
  });
}

/** Of [batch, h, w, c]; a vector [batch, c] is one place, a sequence [batch, steps, units] a map of one channel. */
function sizeOf({ shape }: Tensor): Size {
  const [, a, b, c] = shape as number[];
  return shape.length === 4
    ? { h: a, w: b, c }
    : shape.length === 3
    ? { h: b, w: a, c: 1 }
    : { h: 1, w: 1, c: a };
}

/** Notes the layer that made `to` of `from`; returns `to`. */
export function layer(
  { path, layers, outputs }: Scope,
  { from, to }: { from: Tensor; to: Tensor },
  what: Pick<Layer, "kind" | "kernel" | "stride">,
): Tensor {
  layers.push({ path, ...what, ...sizeOf(to), from: sizeOf(from) });
  outputs.set(to, layers.at(-1)!);
  return to;
}

/** Notes that y is what the last layer's output has become, and what is to be said of the layer for it; returns y. */
export function become({ layers, outputs }: Scope, y: Tensor, said: Partial<Layer> = {}): Tensor {
  outputs.set(y, Object.assign(layers.at(-1)!, said));
  return y;
}

/** A skip connection: the last layer's output x, and an earlier layer's beside it along the channels. */
export function join({ layers, skips, outputs }: Scope, x: Tensor, skip: Tensor): Tensor {
  skips.push({ from: outputs.get(skip)!, to: layers.at(-1)! });
  return tf.concat([x, skip], 3);
}
