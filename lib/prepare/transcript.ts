/** What is said in a video, from the file of words that its data set has. */
import { basename } from "node:path";
import type { SpokenWord } from "../dataset/clip_file.ts";

/** The file that ought to hold a video's words. */
export interface TranscriptFile {
  path: string;
  format: "lrs2" | "align";
  /** Whether it is there. */
  there: boolean;
  /** It may be some other text: then it is passed over without a note. */
  perhaps?: boolean;
}

/** What is said in a video. */
export interface Transcript {
  /** All that is said; empty when it is not known. */
  text: string;
  /** The words in order; empty when their times are not known. */
  words: SpokenWord[];
  /** Why there are no words although there ought to be; otherwise empty. */
  note: string;
}

/** Units a second of GRID's alignments: 1000 a frame, 25 frames/s. */
const GRID_RATE = 25000;
/** GRID's marks of pauses. */
const PAUSES = ["sil", "sp"];
/** Larger files hold no clip's words. */
const MOST_BYTES = 1e6;
/** Times may go this much beyond the video, in seconds: containers round, and the last frame lasts. */
const TOLERANCE = 0.2;

/** A fault of a file of words, as the end of a sentence that its name begins. */
class WordsFault extends Error {}

/** One row of a file of words; `row` counts the file's lines from 1. Throws WordsFault unless both times are numbers. */
function wordAt([start, end]: string[], word: string | undefined, row: number): SpokenWord {
  const times = [start, end].map((text) => (text ? Number(text) : NaN));
  if (!word || !times.every((time) => Number.isFinite(time) && time >= 0)) {
    throw new WordsFault(`has no word with two times in line ${row}`);
  }
  return { word, start: times[0], end: times[1] };
}

/**
 * LRS2's text file: a line "Text:  ..." and, in some of the files, rows "WORD START END SCORE" after such a heading.
 * Throws WordsFault when it is neither.
 */
function readLrs2Text(content: string): { text: string; rows: SpokenWord[] } {
  const lines = content.split(/\r?\n/), text = /^Text:[ \t]*(\S.*?)\s*$/m.exec(content)?.[1];
  const heading = lines.findIndex((line) => /^WORD\s+START\s+END/.test(line));
  if (heading < 0 && !text) throw new WordsFault("is not written as LRS2's texts are");
  const rows = heading < 0 ? [] : lines.slice(heading + 1).flatMap((line, i) => {
    if (line.trim() === "") return [];
    const [word, ...times] = line.trim().split(/\s+/);
    return [wordAt(times, word, heading + 2 + i)];
  });
  return { text: text ?? rows.map(({ word }) => word).join(" "), rows };
}

/** GRID's alignment: rows "START END word", pauses among them. Throws WordsFault when it is not. */
function readAlignment(content: string): { text: string; rows: SpokenWord[] } {
  const rows = content.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === "") return [];
    const [start, end, word] = line.trim().split(/\s+/);
    const row = wordAt([start, end], word, i + 1);
    return [{ word, start: row.start / GRID_RATE, end: row.end / GRID_RATE }];
  });
  if (rows.length === 0) throw new WordsFault("is empty");
  return { text: rows.map(({ word }) => word).filter((word) => !PAUSES.includes(word)).join(" "), rows };
}

/** Throws WordsFault unless the rows follow each other in time and end with the video. */
function checkTimes(rows: SpokenWord[], duration: number): void {
  let before = 0;
  for (const { word, start, end } of rows) {
    if (end < start) throw new WordsFault(`ends "${word}" before its start`);
    if (start < before) throw new WordsFault(`has "${word}" out of order`);
    before = start;
  }
  const beyond = Math.max(0, ...rows.map(({ end }) => end)) - duration;
  if (beyond > TOLERANCE) throw new WordsFault(`goes on ${beyond.toFixed(2)} s after the film's end`);
}

async function contentOf({ path, there }: TranscriptFile): Promise<string> {
  if (!there) throw new WordsFault("is missing");
  let content;
  try {
    if ((await Deno.stat(path)).size > MOST_BYTES) throw new WordsFault("is too large for a clip's words");
    content = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof WordsFault) throw error;
    throw new WordsFault("cannot be read");
  }
  return content.replace(/^\ufeff/, "");
}

/**
 * Reads the words of a video of `duration` seconds from the file that its data set has for them: LRS2's `.txt` or
 * GRID's `.align`. A file that is missing, malformed, or does not match the video gives no words, and a note saying so.
 */
export async function readTranscript(
  file: TranscriptFile | undefined,
  duration: number,
): Promise<Transcript> {
  if (!file) return { text: "", words: [], note: "" };
  try {
    const content = await contentOf(file);
    const { text, rows } = file.format === "lrs2" ? readLrs2Text(content) : readAlignment(content);
    checkTimes(rows, duration);
    return { text, words: rows.filter(({ word }) => !PAUSES.includes(word)), note: "" };
  } catch (error) {
    if (!(error instanceof WordsFault)) throw error;
    const note = file.perhaps ? "" : `without words: ${basename(file.path)} ${error.message}`;
    return { text: "", words: [], note };
  }
}

/**
 * What is said in a part of a video of `duration` seconds, in the part's own time. Words that lie mostly outside are
 * left out, others cut to the part; a text without times is kept only where the part is all of the video.
 */
export function transcriptWithin(
  { text, words, note }: Transcript,
  { start, end, duration }: { start: number; end: number; duration: number },
): Transcript {
  const milliseconds = (time: number) =>
    Math.round(1000 * (Math.min(Math.max(time, start), end) - start)) / 1000;
  const heard = words.filter((word) =>
    (word.start + word.end) / 2 >= start && (word.start + word.end) / 2 <= end
  );
  const whole = words.length > 0
    ? heard.length === words.length
    : start <= TOLERANCE && end >= duration - TOLERANCE;
  return {
    text: whole ? text : heard.map(({ word }) => word).join(" "),
    words: heard.map((word) => ({
      word: word.word,
      start: milliseconds(word.start),
      end: milliseconds(word.end),
    })),
    note,
  };
}
