import * as Plot from "@observablehq/plot";
import { Resvg } from "@resvg/resvg-js";
import { parseHTML } from "linkedom";
import { writeAtomic } from "../base/files.ts";
import { COLOURS, FONT, FONT_FAMILY, FONT_FILES, INK, linesThatFit, WIDTH } from "./style.ts";

/** The lines of a text of at most `width` pixels; a letter of DejaVu is about 0.58 of the font size wide. */
function wrap(text: string, { width, size }: { width: number; size: number }): string[] {
  const letters = Math.floor(width / (0.58 * size));
  return text.split("\n").flatMap((part) => linesThatFit(part, ({ length }) => length <= letters));
}

// The part of the document model that is used here: linkedom's types ask for a browser's, which Deno's do not have.
interface SvgElement {
  outerHTML: string;
  textContent: string;
  setAttribute(name: string, value: string): void;
  querySelector(selector: string): SvgElement | null;
  prepend(...children: SvgElement[]): void;
  append(...children: SvgElement[]): void;
  remove(): void;
  // deno-lint-ignore no-explicit-any
  scale(name: string): any;
}
interface SvgDocument {
  createElementNS(namespace: string, name: string): SvgElement;
}
const XMLNS = "http://www.w3.org/2000/svg";

type Attributes = Record<string, string | number>;

function element(document: SvgDocument, name: string, attributes: Attributes, text?: string): SvgElement {
  const made = document.createElementNS(XMLNS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

/** The colour scale's names in a row of swatches, wrapping at `width`; returns its elements and height. */
function legend(document: SvgDocument, plot: SvgElement, width: number) {
  const { domain = [], range = [] } = plot.scale("color") ?? {};
  const elements: SvgElement[] = [];
  let x = 8, y = 0;
  domain.forEach((name: unknown, index: number) => {
    const advance = 16 + String(name).length * 7 + 18;
    if (x > 8 && x + advance > width) [x, y] = [8, y + 18];
    elements.push(
      element(document, "rect", { x, y: y + 1, width: 11, height: 11, fill: range[index % range.length] }),
      element(document, "text", { x: x + 16, y: y + 11, "font-size": 12 }, String(name)),
    );
    x += advance;
  });
  return { elements, height: elements.length ? y + 20 : 0 };
}

/**
 * Draws a plot as one SVG file that stands alone: title, colour legend (with `color.legend`), caption
 * and a white background are part of it. Everything else of `options` is Observable Plot's.
 */
export function plotSvg(options: Plot.PlotOptions): string {
  const { title, caption, color, ...rest } = options;
  const { document } = parseHTML("<html></html>") as unknown as { document: SvgDocument };
  const width = rest.width ?? WIDTH, height = rest.height ?? 320;
  const plot = Plot.plot({
    ...{ marginLeft: 60, marginRight: 24, marginTop: 30, marginBottom: 44, grid: true },
    ...rest,
    width,
    height,
    color: { range: COLOURS, ...color, legend: false },
    document: document as never,
  }) as unknown as SvgElement;
  plot.querySelector("style")?.remove(); // Rules for a page's style sheet: the attributes below say the same.

  const head = element(document, "g", { "text-anchor": "start", fill: INK });
  let top = 10;
  const addLines = (group: SvgElement, text: unknown, size: number, style: Attributes = {}) => {
    if (!text) return;
    const letters = style["font-weight"] ? 1.1 * size : size; // bold ones are wider
    for (const line of wrap(String(text), { width: width - 24, size: letters })) {
      top += Math.round(size * 1.4);
      group.append(element(document, "text", { x: 8, y: top - 4, "font-size": size, ...style }, line));
    }
  };
  addLines(head, title, 15, { "font-weight": "bold" });
  if (color?.legend) {
    const swatches = legend(document, plot, width);
    const row = element(document, "g", { transform: `translate(0,${top + 6})` });
    row.append(...swatches.elements);
    head.append(row);
    top += swatches.height;
  }
  if (title) top += 6;
  const plotTop = top;
  const foot = element(document, "g", { "text-anchor": "start", fill: COLOURS.at(-1)! });
  top += height + 2;
  addLines(foot, caption, 11);
  const whole = top + 12;

  // Head and foot lie outside the plot's own square: the view box grows to hold them.
  const box = { x: 0, y: -plotTop, width, height: whole };
  head.setAttribute("transform", `translate(0,${-plotTop})`);
  foot.setAttribute("transform", `translate(0,${-plotTop})`);
  plot.prepend(element(document, "rect", { ...box, fill: "white" }), head);
  plot.append(foot);
  const attributes = {
    ...{ xmlns: XMLNS, width, height: whole, viewBox: `0 ${-plotTop} ${width} ${whole}` },
    ...{ "font-family": FONT_FAMILY, "font-size": 12, color: INK },
  };
  for (const [name, value] of Object.entries(attributes)) plot.setAttribute(name, String(value));
  return plot.outerHTML;
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
