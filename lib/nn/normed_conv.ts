import type { Tensor } from "../native/tf.ts";
import { relu } from "../native/kernels.ts";
import { batchNorm, batchNormSpecs, conv, convSpecs, scaled, scope } from "./conv.ts";
import type { Params, Specs } from "./params.ts";

/** A convolution with batch norm and ReLU after it, as networks that only judge have them; filters at full width. */
export interface NormedConv {
  filters: number;
  /** Rows, columns. */
  kernel: [number, number];
  stride: [number, number];
  pad: [number, number];
}

const pair = (value: number | [number, number]): [number, number] =>
  typeof value === "number" ? [value, value] : value;

export const normedConv = (
  filters: number,
  kernel: number | [number, number],
  { stride = 1, pad = 0 }: { stride?: number | [number, number]; pad?: number | [number, number] } = {},
): NormedConv => ({ filters, kernel: pair(kernel), stride: pair(stride), pad: pair(pad) });

/** Parameters of one: `path/conv` (with a bias unless told) and `path/norm`. */
export function normedConvSpecs(
  path: string,
  { filters, kernel }: NormedConv,
  { channels, width, bias = true }: { channels: number; width: number; bias?: boolean },
): Specs {
  const out = scaled(filters, width);
  const specs = convSpecs(`${path}/conv`, [...kernel, channels, out]);
  if (!bias) delete specs[`${path}/conv/bias`];
  return { ...specs, ...batchNormSpecs(`${path}/norm`, out) };
}

/** Convolution -> batch norm by its moving statistics -> ReLU. x [batch, h, w, in] -> [batch, h', w', out]. */
export function applyNormedConv(
  params: Params,
  path: string,
  x: Tensor,
  { epsilon, ...row }: NormedConv & { epsilon?: number },
): Tensor {
  const y = conv(params, `${path}/conv`, x, row);
  return relu(batchNorm(scope(params, false), `${path}/norm`, y, { epsilon }));
}
