/** What is dealt by a hash of a name, so that added clips move none that were there: splits and shards. */
import { createHash } from "node:crypto";
import { KitError } from "../base/errors.ts";
import type { Split } from "../dataset/manifest.ts";
import type { SourceClip } from "./layouts/source_clip.ts";

/** A number in [0, 1) that depends on the text only. */
export function hashShare(text: string): number {
  return createHash("sha1").update(text).digest().readUInt32BE(0) / 2 ** 32;
}

/** Parses shares such as "95,2,3" of train, val and test; throws KitError unless they are three numbers >= 0. */
export function parseSplit(text: string): [number, number, number] {
  const shares = text.split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
  const sum = shares.reduce((a, b) => a + b, 0);
  if (shares.length !== 3 || !shares.every((share) => share >= 0) || !(sum > 0) || !Number.isFinite(sum)) {
    throw new KitError(`The split "${text}" is not three shares`, 'Write it as "95,2,3" (train, val, test)');
  }
  return shares.map((share) => share / sum) as [number, number, number];
}

/**
 * Deals a key (a clip's id, or a speaker when whole speakers are kept apart) into train, val or test.
 * It depends on the key alone, so adding clips moves none that were there.
 */
export function splitOf(key: string, [train, val]: [number, number, number]): Split {
  const share = hashShare(key);
  return share < train ? "train" : share < train + val ? "val" : "test";
}

/** What is dealt into train, val and test as a whole. */
export type SplitUnit = "speaker" | "clip";

/** With this many speakers or more, whole speakers are dealt, so that none is in two of the splits. */
const SPLIT_SPEAKERS_FROM = 10;

/** The unit for a data set that brings no lists: speakers, unless there are too few of them. */
export function splitUnit(clips: SourceClip[]): SplitUnit {
  return new Set(clips.map(({ speaker }) => speaker)).size >= SPLIT_SPEAKERS_FROM ? "speaker" : "clip";
}

/** The split of a clip: that of the data set's own lists, otherwise dealt by a hash of its speaker or of its id. */
export function splitOfClip(
  { id, speaker, split }: SourceClip,
  { shares, unit }: { shares: [number, number, number]; unit: SplitUnit },
): Split {
  return split ?? splitOf(unit === "speaker" ? speaker : id, shares);
}

/** One of the parts in which several processes or machines prepare a data set. */
export interface Shard {
  /** From 1 on. */
  index: number;
  count: number;
}

/** Parses "2/4", the second of four parts; the whole is "1/1". Throws KitError for anything else. */
export function parseShard(text = "1/1"): Shard {
  const [, index, count] = /^([1-9]\d{0,5})\/([1-9]\d{0,5})$/.exec(text)?.map(Number) ?? [];
  if (index !== undefined && index <= count) return { index, count };
  throw new KitError(`"${text}" is not a part of a data set`, 'Write it as "2/4": the second of four parts');
}

/** Whether a clip belongs to a shard: by a hash of its id alone, so that added clips move none. */
export function inShard(id: string, { index, count }: Shard): boolean {
  return Math.floor(hashShare(`shard ${id}`) * count) === index - 1;
}
