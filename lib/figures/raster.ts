import * as Plot from "@observablehq/plot";
import { extent } from "d3-array";
import { FACE_BYTES, FACE_SIZE, HALF_FACE, MEL_BANDS } from "../base/shapes.ts";

/** An image as RGB24: three bytes a pixel, rows from the top. */
export interface Raster {
  rgb: Uint8Array;
  width: number;
  height: number;
}

/** A crop [96, 96, 3], and its lower half, as images. */
export const faceRaster = (rgb: Uint8Array): Raster => ({ rgb, width: FACE_SIZE, height: FACE_SIZE });
export const lowerRaster = (face: Uint8Array): Raster => ({
  rgb: face.subarray(FACE_BYTES / 2),
  width: FACE_SIZE,
  height: HALF_FACE,
});

/** 256 steps of one of Plot's perceptual colour schemes, RGB24. */
function colourTable(scheme: Plot.ColorScheme): Uint8Array {
  const scale = Plot.scale({ color: { type: "linear", scheme, domain: [0, 255] } })!;
  return Uint8Array.from({ length: 768 }, (_, index) => {
    const colour = scale.apply(Math.floor(index / 3)) as string;
    return colour.startsWith("#")
      ? parseInt(colour.slice(1 + 2 * (index % 3), 3 + 2 * (index % 3)), 16)
      : Number(colour.match(/\d+/g)![index % 3]);
  });
}
const TABLES = {
  inferno: colourTable("inferno"),
  viridis: colourTable("viridis"),
  burd: colourTable("burd"), // for values of both signs
};
export type ColourScheme = keyof typeof TABLES;

/** Lowest and highest of values. */
export const rangeOf = (values: Iterable<number>) => extent(values) as [number, number];

/** A plane of values, and the colours it is drawn in. */
export interface Plane {
  /** [height, width], row by row. */
  values: Float32Array | number[];
  width: number;
  height: number;
  /** Values of the darkest and of the brightest colour. */
  range: [number, number];
  scheme?: ColourScheme;
  /** The first row is at the bottom, as mel bands are drawn. */
  upwards?: boolean;
}

/** A plane as an image; with one value all over it gets the middle colour. */
export function colourMap({ values, width, height, range, scheme = "inferno", upwards }: Plane): Raster {
  const table = TABLES[scheme], rgb = new Uint8Array(3 * width * height), [low, high] = range;
  const factor = high > low ? 255 / (high - low) : 0;
  for (let row = 0, to = 0; row < height; row++) {
    const from = width * (upwards ? height - 1 - row : row);
    for (let k = from; k < from + width; k++) {
      const level = factor ? Math.max(0, Math.min(255, Math.round((values[k] - low) * factor))) : 128;
      for (let c = 0; c < 3; c++) rgb[to++] = table[3 * level + c];
    }
  }
  return { rgb, width, height };
}

/**
 * A mel spectrogram in [-4, 4] as an image, one pixel a value, low bands at the bottom: [columns, 80] as clips hold it,
 * or [80, columns] as networks take it.
 */
export function melRaster(mel: Float32Array, { bandsFirst = false } = {}): Raster {
  const width = mel.length / MEL_BANDS;
  const values = bandsFirst ? mel : mel.map((_, k) => mel[(k % width) * MEL_BANDS + Math.floor(k / width)]);
  return colourMap({ values, width, height: MEL_BANDS, range: [-4, 4], scheme: "viridis", upwards: true });
}
