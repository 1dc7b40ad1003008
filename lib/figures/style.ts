import { fileURLToPath } from "node:url";

/** Okabe and Ito's colours, told apart by colour-blind readers, and a grey. */
export const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555"];
export const INK = "#222222", SOFT_INK = "#666666";
/** Lines that are not data: chance levels, means, moments. */
export const GUIDE = "#767676";
export const DASHED = { stroke: GUIDE, strokeDasharray: "4,3" };

/** Units across a page or a chart, about those of a notebook. */
export const WIDTH = 760;

export const FONT = "DejaVu Sans";
/** Verdana has DejaVu's proportions, for readers whose machine lacks DejaVu. */
export const FONT_FAMILY = `${FONT}, Verdana, sans-serif`;
export const FONT_FILES = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((file) =>
  fileURLToPath(import.meta.resolve(`dejavu-fonts-ttf/ttf/${file}`))
);

/** Breaks a text at spaces into lines that fit, as far as its words do; none for an empty text. */
export function linesThatFit(text: string, fits: (line: string) => boolean): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length && fits(longer)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
