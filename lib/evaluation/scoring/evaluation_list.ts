import { KitError } from "../../base/errors.ts";

/** What is dubbed with what: two clips of a prepared folder, by their ids. */
export interface Pair {
  /** The clip whose face is redrawn. */
  video: string;
  /** The clip whose sound it is to speak. */
  sound: string;
}

/** Absent clips named in an error, at most. */
const MOST_NAMED = 3;

/** A clip's name in a list as its id: without a video's ending. */
const idOf = (name: string): string => name.replace(/\.(mp4|m4v|mov|mpg|mpeg|avi|webm|mkv|wav)$/i, "");

/**
 * Parses a list in Wav2Lip's format, a line = `sound clip  video clip`, both as "speaker/clip"; empty lines are skipped.
 * Throws KitError for a line that is not two names and for a pair that is there twice.
 */
export function parseList(text: string, { path }: { path: string }): Pair[] {
  const pairs: Pair[] = [], lines = new Map<string, number>();
  for (const [k, line] of text.split(/\r?\n/).entries()) {
    const names = line.trim().split(/\s+/).filter((name) => name !== "");
    if (names.length === 0) continue;
    if (names.length !== 2) {
      throw new KitError(
        `Line ${k + 1} of ${path} has ${names.length} names: ${line.trim().slice(0, 60)}`,
        "A line is two clips: the one that gives the sound, then the one that gives the video",
      );
    }
    const [sound, video] = names.map(idOf), key = `${sound} ${video}`;
    const first = lines.get(key);
    if (first !== undefined) {
      throw new KitError(`Line ${k + 1} of ${path} repeats line ${first}: ${key}`, "List each pair once");
    }
    lines.set(key, k + 1);
    pairs.push({ video, sound });
  }
  if (pairs.length === 0) throw new KitError(`${path} lists no pair`, "A line is `sound clip  video clip`");
  return pairs;
}

/** Throws KitError when pairs name clips that are not among `ids`, naming some of them and counting all. */
export function checkPairs(
  pairs: Pair[],
  { path, folder, ids }: { path: string; folder: string; ids: Iterable<string> },
): void {
  const there = new Set(ids), named = new Set(pairs.flatMap(({ video, sound }) => [sound, video]));
  const absent = [...named].filter((id) => !there.has(id));
  if (absent.length === 0) return;
  const some = absent.slice(0, MOST_NAMED).join(", ") + (absent.length > MOST_NAMED ? ", ..." : "");
  throw new KitError(
    `${path} names ${absent.length} of ${named.size} clips that ${folder} does not have: ${some}`,
    "Prepare the films that the list names, or see rejects.parquet and `deno task filter` for why they are missing",
  );
}

/** Reads a list and makes sure that a prepared folder has its clips. Throws KitError as `parseList`, or when absent. */
export async function readList(
  path: string,
  { folder, ids }: { folder: string; ids: Iterable<string> },
): Promise<Pair[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    throw new KitError(`The list ${path} cannot be read`, "Check the path", { cause });
  }
  const pairs = parseList(text, { path });
  checkPairs(pairs, { path, folder, ids });
  return pairs;
}
