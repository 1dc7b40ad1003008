import { type Block, block } from "../nn/conv.ts";
import { pool } from "../nn/pool.ts";

/** A convolution of Inception under the name it has in PyTorch's networks. */
export interface Unit extends Block {
  name: string;
}

/** One way through a block: a pool (or none), convolutions one after the other, then perhaps two side by side. */
export interface Branch {
  pool?: "mean" | "max" | "max, halving";
  units: readonly Unit[];
  split?: readonly [Unit, Unit];
}

/** A block: its branches read the same input and their outputs are joined along the channels. */
export interface Mixed {
  name: string;
  branches: readonly Branch[];
}

/** A unit that keeps the size of its input. Its convolution has no bias, its batch norm an epsilon of its own. */
const unit = (name: string, filters: number, kernel: number | [number, number]): Unit => ({
  ...block(filters, kernel),
  ...{ name, bias: false, epsilon: 1e-3 },
});

/** A unit without padding. */
const inner = (name: string, filters: number, kernel: number, stride = 1): Unit => ({
  ...unit(name, filters, kernel),
  ...block(filters, kernel, stride, 0),
});

/** The pool that halves a map. */
export const HALVING = pool(3, 2);

/** Before the blocks. 299 -> 149, 147, 147, 73, 73, 71, 35. */
export const STEM: readonly Unit[] = [
  inner("Conv2d_1a_3x3", 32, 3, 2),
  inner("Conv2d_2a_3x3", 32, 3),
  { ...unit("Conv2d_2b_3x3", 64, 3), pool: HALVING },
  inner("Conv2d_3b_1x1", 80, 1),
  { ...inner("Conv2d_4a_3x3", 192, 3), pool: HALVING },
];

/** 35 x 35. */
const inceptionA = (name: string, pooled: number): Mixed => ({
  name,
  branches: [
    { units: [unit("branch1x1", 64, 1)] },
    { units: [unit("branch5x5_1", 48, 1), unit("branch5x5_2", 64, 5)] },
    { units: [unit("branch3x3dbl_1", 64, 1), unit("branch3x3dbl_2", 96, 3), unit("branch3x3dbl_3", 96, 3)] },
    { pool: "mean", units: [unit("branch_pool", pooled, 1)] },
  ],
});

/** 35 x 35 -> 17 x 17. */
const inceptionB = (name: string): Mixed => ({
  name,
  branches: [
    { units: [inner("branch3x3", 384, 3, 2)] },
    {
      units: [
        unit("branch3x3dbl_1", 64, 1),
        unit("branch3x3dbl_2", 96, 3),
        inner("branch3x3dbl_3", 96, 3, 2),
      ],
    },
    { pool: "max, halving", units: [] },
  ],
});

/** 17 x 17; a 7 x 7 convolution as a row and a column of `inside` filters. */
const inceptionC = (name: string, inside: number): Mixed => ({
  name,
  branches: [
    { units: [unit("branch1x1", 192, 1)] },
    {
      units: [
        unit("branch7x7_1", inside, 1),
        unit("branch7x7_2", inside, [1, 7]),
        unit("branch7x7_3", 192, [7, 1]),
      ],
    },
    {
      units: [
        unit("branch7x7dbl_1", inside, 1),
        unit("branch7x7dbl_2", inside, [7, 1]),
        unit("branch7x7dbl_3", inside, [1, 7]),
        unit("branch7x7dbl_4", inside, [7, 1]),
        unit("branch7x7dbl_5", 192, [1, 7]),
      ],
    },
    { pool: "mean", units: [unit("branch_pool", 192, 1)] },
  ],
});

/** 17 x 17 -> 8 x 8. */
const inceptionD = (name: string): Mixed => ({
  name,
  branches: [
    { units: [unit("branch3x3_1", 192, 1), inner("branch3x3_2", 320, 3, 2)] },
    {
      units: [
        unit("branch7x7x3_1", 192, 1),
        unit("branch7x7x3_2", 192, [1, 7]),
        unit("branch7x7x3_3", 192, [7, 1]),
        inner("branch7x7x3_4", 192, 3, 2),
      ],
    },
    { pool: "max, halving", units: [] },
  ],
});

/** 8 x 8. */
const inceptionE = (name: string, pool: "mean" | "max"): Mixed => ({
  name,
  branches: [
    { units: [unit("branch1x1", 320, 1)] },
    {
      units: [unit("branch3x3_1", 384, 1)],
      split: [unit("branch3x3_2a", 384, [1, 3]), unit("branch3x3_2b", 384, [3, 1])],
    },
    {
      units: [unit("branch3x3dbl_1", 448, 1), unit("branch3x3dbl_2", 384, 3)],
      split: [unit("branch3x3dbl_3a", 384, [1, 3]), unit("branch3x3dbl_3b", 384, [3, 1])],
    },
    { pool, units: [unit("branch_pool", 192, 1)] },
  ],
});

/** The blocks in their order. Only in the last one does the pooled branch take the largest value, as FID's network does. */
export const MIXED: readonly Mixed[] = [
  inceptionA("Mixed_5b", 32),
  inceptionA("Mixed_5c", 64),
  inceptionA("Mixed_5d", 64),
  inceptionB("Mixed_6a"),
  inceptionC("Mixed_6b", 128),
  inceptionC("Mixed_6c", 160),
  inceptionC("Mixed_6d", 160),
  inceptionC("Mixed_6e", 192),
  inceptionD("Mixed_7a"),
  inceptionE("Mixed_7b", "mean"),
  inceptionE("Mixed_7c", "max"),
];
