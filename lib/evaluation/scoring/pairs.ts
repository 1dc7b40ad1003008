import { basename } from "node:path";
import { KitError } from "../../base/errors.ts";
import { randomStream } from "../../base/random.ts";
import { hashShare } from "../../prepare/splits.ts";
import { readSelected } from "../../dataset/manifest.ts";

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

/**
 * Reads a list and makes sure that a prepared folder has its clips. Throws KitError as `parseList`, when the list is
 * absent, and when clips are, naming some of them and counting all.
 */
export async function readList(
  path: string,
  { folder, ids }: { folder: string; ids: Iterable<string> },
): Promise<Pair[]> {
  const text = await Deno.readTextFile(path).catch((cause) => {
    throw new KitError(`The list ${path} cannot be read`, "Check the path", { cause });
  });
  const pairs = parseList(text, { path }), there = new Set(ids);
  const named = new Set(pairs.flatMap(({ video, sound }) => [sound, video]));
  const absent = [...named].filter((id) => !there.has(id));
  if (absent.length === 0) return pairs;
  const some = absent.slice(0, MOST_NAMED).join(", ") + (absent.length > MOST_NAMED ? ", ..." : "");
  throw new KitError(
    `${path} names ${absent.length} of ${named.size} clips that ${folder} does not have: ${some}`,
    "Prepare the films that the list names, or see rejects.parquet and `deno task filter` for why they are missing",
  );
}

/**
 * Pairs every clip with another one's sound, each sound used once: with another speaker's wherever no speaker has more
 * than half of the clips, as the published lists do. The same clips and seed give the same pairs.
 * Throws KitError for fewer than two clips.
 */
export function crossPairs(
  clips: { id: string; speaker: string }[],
  { seed = 1 }: { seed?: number } = {},
): Pair[] {
  if (clips.length < 2) {
    throw new KitError(
      `${clips.length} clip cannot be dubbed with another one's sound`,
      "Prepare more clips",
    );
  }
  const ordered = clips.toSorted((a, b) => a.id < b.id ? -1 : 1);
  const bySpeaker = Map.groupBy(randomStream(seed, "cross pairs").shuffle(ordered), ({ speaker }) => speaker);
  const row = [...bySpeaker.values()].flat();
  // Speakers stand side by side: so many places on, everybody meets somebody else.
  const largest = Math.max(...[...bySpeaker.values()].map(({ length }) => length));
  const shift = 2 * largest <= row.length ? largest : 1;
  return row.map(({ id }, k) => ({ video: id, sound: row[(k + shift) % row.length].id }));
}

/** Which videos are scored: each clip with its own sound, and the dubbed pairs. */
export interface EvaluationPairs {
  own: Pair[];
  cross: Pair[];
  /** Ids of the clips that take part. */
  clips: string[];
  /** Clips among them that are in the train split: whoever learnt from this folder has seen them. */
  seen: number;
  /** Where the pairs come from, in words. */
  source: string;
}

/**
 * The pairs of a list, or the cross pairs of a prepared folder's test split, and every clip with its own sound.
 * Throws KitError when the list cannot be read or names absent clips, or the test split has fewer than two clips.
 */
export async function planPairs(
  prepared: string,
  { list, clips = Infinity, seed = 1 }: { list?: string; clips?: number; seed?: number } = {},
): Promise<EvaluationPairs> {
  const rows = await readSelected(prepared), splits = new Map(rows.map(({ id, split }) => [id, split]));
  let cross: Pair[];
  if (list === undefined) {
    // By a hash of their names: the first few are of many speakers then.
    const test = rows.filter(({ split }) => split === "test")
      .toSorted((a, b) => hashShare(a.id) - hashShare(b.id));
    if (test.length < 2) {
      throw new KitError(
        `${prepared} has ${test.length} clips in its test split that its filters keep, two are needed`,
        "Prepare more clips, or give other shares with `prepare --split`",
      );
    }
    cross = crossPairs(test.slice(0, clips), { seed });
  } else {
    const listed = await readList(list, { folder: prepared, ids: rows.map(({ id }) => id) });
    cross = listed.slice(0, clips);
  }
  const videos = [...new Set(cross.map(({ video }) => video))].sort();
  const named = [...new Set(cross.flatMap(({ video, sound }) => [video, sound]))];
  return {
    own: videos.map((video) => ({ video, sound: video })),
    // A list's pair of a clip with itself is there as an own one already.
    cross: cross.filter(({ video, sound }) => video !== sound),
    clips: named,
    seen: named.filter((id) => splits.get(id) === "train").length,
    source: list === undefined ? `cross pairs of the test split, seed ${seed}` : `list ${basename(list)}`,
  };
}
