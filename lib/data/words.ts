import { basename, dirname, extname, join } from "node:path";
import { exists } from "../files.ts";

/** A word as it is heard; times in seconds of the film. */
export interface SpokenWord {
  word: string;
  start: number;
  end: number;
}

/** Units a second of GRID's alignments. */
const GRID_RATE = 25000;

/** LRS2's text file: rows "WORD START END SCORE" after a heading. */
function lrsWords(text: string): SpokenWord[] {
  const lines = text.split(/\r?\n/), heading = lines.findIndex((line) => /^WORD\s+START\s+END/.test(line));
  if (heading < 0) return [];
  return lines.slice(heading + 1).filter((line) => line.trim()).map((line) => {
    const [word, start, end] = line.trim().split(/\s+/);
    return { word, start: Number(start), end: Number(end) };
  });
}

/** GRID's alignment: rows "START END word"; "sil" and "sp" are pauses. */
function gridWords(text: string): SpokenWord[] {
  return text.split(/\r?\n/).filter((line) => line.trim()).map((line) => {
    const [start, end, word] = line.trim().split(/\s+/);
    return { word, start: Number(start) / GRID_RATE, end: Number(end) / GRID_RATE };
  }).filter(({ word }) => word !== "sil" && word !== "sp");
}

/**
 * The words of a film with their times, from the file that data sets lay beside it: LRS2's `<clip>.txt`, or GRID's
 * `<clip>.align`, beside the film or in `align/`. Empty when there is none.
 */
export async function spokenWords(film: string): Promise<SpokenWord[]> {
  const folder = dirname(film), name = basename(film, extname(film));
  const readers: [string, (text: string) => SpokenWord[]][] = [
    [join(folder, `${name}.txt`), lrsWords],
    [join(folder, `${name}.align`), gridWords],
    [join(folder, "align", `${name}.align`), gridWords],
  ];
  for (const [path, read] of readers) {
    if (await exists(path)) return read(await Deno.readTextFile(path));
  }
  return [];
}
