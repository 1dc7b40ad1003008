import { Buffer } from "node:buffer";
import { Canvas, loadImage } from "skia-canvas";

/** A PNG's size, and the red, green and blue of any place in it. */
export async function readPng(png: Uint8Array) {
  const image = await loadImage(Buffer.from(png));
  const context = new Canvas(image.width, image.height, { gpu: false }).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data, width, height } = context.getImageData(0, 0, image.width, image.height);
  const at = (x: number, y: number) => [...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3)];
  return { width, height, at };
}
