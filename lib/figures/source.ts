/** What a figure was made from, named in its caption. */
export interface Source {
  /** Data set and part, such as "GRID s1, 24 held-out clips". */
  data: string;
  preset?: string;
  seed?: number | number[];
  /** Anything else that tells this run from others, such as "1,900 steps". */
  note?: string;
}

/** The source as a caption: "Data: GRID; preset small, seed 1, 1,900 steps." */
export function sourceLine({ data, preset, seed, note }: Source): string {
  const run = [
    preset !== undefined && `preset ${preset}`,
    seed !== undefined &&
    (Array.isArray(seed) && seed.length > 1 ? `seeds ${seed.join(", ")}` : `seed ${seed}`),
    note,
  ].filter(Boolean).join(", ");
  return `Data: ${data}${run && `; ${run}`}.`;
}

/** What every chart takes: its own words, and what it was made from. */
export interface ChartText {
  source: Source;
  title?: string;
  /** What to see in it; the source is added. */
  caption?: string;
  width?: number;
  height?: number;
}

/** Title, caption and size of a chart; the caption begins with how to read it, where that is to be said. */
export const chartFrame = ({ source, caption, ...text }: ChartText, title: string, reading?: string) => ({
  title: text.title ?? title,
  caption: [reading, caption, sourceLine(source)].filter(Boolean).join(" "),
  width: text.width,
  height: text.height,
});
