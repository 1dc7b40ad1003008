import * as Plot from "@observablehq/plot";
import { Resvg } from "@resvg/resvg-js";
import { parseHTML } from "linkedom";
import { writeAtomic } from "../base/files.ts";
import { escapeHtml } from "../base/jupyter.ts";
import { COLOURS, FONT, FONT_FAMILY, FONT_FILES, INK, linesThatFit, WIDTH } from "./style.ts";

/** The lines of a text of at most `width` pixels; a letter of DejaVu is about 0.58 of the font size wide. */
function wrap(text: string, { width, size }: { width: number; size: number }): string[] {
  const letters = Math.floor(width / (0.58 * size));
  return text.split("\n").flatMap((part) => linesThatFit(part, ({ length }) => length <= letters));
}

// What is used here of a drawn plot: linkedom's types ask for a browser's, which Deno's do not have.
interface SvgElement {
  outerHTML: string;
  setAttribute(name: string, value: string): void;
  querySelector(selector: string): { remove(): void } | null;
  scale(name: string): { domain?: unknown[]; range?: string[] } | undefined;
}

type Attributes = Record<string, string | number>;

/** An element as linkedom writes those of the plot itself: its last attribute first. */
function element(name: string, attributes: Attributes, content?: string): string {
  const values = Object.entries(attributes).reverse().map(([key, value]) => ` ${key}="${value}"`).join("");
  return content === undefined ? `<${name}${values} />` : `<${name}${values}>${content}</${name}>`;
}

/** The colour scale's names in a row of swatches, wrapping at `width`; returns its elements and height. */
function legend({ domain = [], range = [] }: { domain?: unknown[]; range?: string[] } = {}, width: number) {
  let x = 8, y = 0;
  const elements = domain.map((name, index) => {
    const advance = 16 + String(name).length * 7 + 18;
    if (x > 8 && x + advance > width) [x, y] = [8, y + 18];
    const swatch = { x, y: y + 1, width: 11, height: 11, fill: range[index % range.length] };
    const words = { x: x + 16, y: y + 11, "font-size": 12 };
    x += advance;
    return element("rect", swatch) + element("text", words, escapeHtml(String(name)));
  });
  return { elements, height: elements.length ? y + 20 : 0 };
}

/**
 * Draws a plot as one SVG file that stands alone: title, colour legend (with `color.legend`), caption
 * and a white background are part of it. Everything else of `options` is Observable Plot's.
 */
export function plotSvg(options: Plot.PlotOptions): string {
  const { title, caption, color, ...rest } = options;
  const width = rest.width ?? WIDTH, height = rest.height ?? 320;
  const plot = Plot.plot({
    ...{ marginLeft: 60, marginRight: 24, marginTop: 30, marginBottom: 44, grid: true },
    ...rest,
    width,
    height,
    color: { range: COLOURS, ...color, legend: false },
    document: (parseHTML("<html></html>") as unknown as { document: never }).document,
  }) as unknown as SvgElement;
  plot.querySelector("style")?.remove(); // Rules for a page's style sheet: the attributes below say the same.

  let top = 10;
  const lines = (text: unknown, size: number, style: Attributes = {}) => {
    const letters = style["font-weight"] ? 1.1 * size : size; // bold ones are wider
    return wrap(String(text ?? ""), { width: width - 24, size: letters }).map((line) => {
      top += Math.round(size * 1.4);
      return element("text", { x: 8, y: top - 4, "font-size": size, ...style }, escapeHtml(line));
    });
  };
  const head = lines(title, 15, { "font-weight": "bold" });
  if (color?.legend) {
    const swatches = legend(plot.scale("color"), width);
    head.push(element("g", { transform: `translate(0,${top + 6})` }, swatches.elements.join("")));
    top += swatches.height;
  }
  if (title) top += 6;
  const plotTop = top;
  top += height + 2;
  const foot = lines(caption, 11), whole = top + 12;

  // Head and foot lie outside the plot's own square: the view box grows to hold them.
  const attributes = {
    ...{ xmlns: "http://www.w3.org/2000/svg", width, height: whole },
    ...{
      viewBox: `0 ${-plotTop} ${width} ${whole}`,
      "font-family": FONT_FAMILY,
      "font-size": 12,
      color: INK,
    },
  };
  for (const [name, value] of Object.entries(attributes)) plot.setAttribute(name, String(value));
  const group = (fill: string, content: string[]) =>
    element("g", { "text-anchor": "start", fill, transform: `translate(0,${-plotTop})` }, content.join(""));
  const background = element("rect", { x: 0, y: -plotTop, width, height: whole, fill: "white" });
  const [opening] = plot.outerHTML.match(/^<svg[^>]*>/)!;
  return opening + background + group(INK, head) +
    plot.outerHTML.slice(opening.length, -"</svg>".length) + group(COLOURS.at(-1)!, foot) + "</svg>";
}

/** Paints an SVG at `scale` pixels to the unit, with the DejaVu fonts that come with the kit. */
export function svgToPng(svg: string, scale = 2): Uint8Array {
  const font = { loadSystemFonts: false, fontFiles: FONT_FILES, defaultFontFamily: FONT };
  return new Resvg(svg, { fitTo: { mode: "zoom", value: scale }, background: "white", font }).render()
    .asPng();
}

/** Writes a chart as an SVG, or as a PNG when the name says so. Throws KitError when it cannot be written. */
export async function writeChart(path: string, chart: Plot.PlotOptions): Promise<void> {
  const svg = plotSvg(chart);
  await writeAtomic(path, /\.png$/i.test(path) ? svgToPng(svg) : svg);
}
