/** What is dealt by a hash of a name, so that added clips move none that were there: splits and shards. */
import { createHash } from "node:crypto";
import { KitError } from "../base/errors.ts";
import { type Split, SPLITS } from "../dataset/manifest.ts";
import type { HeldOut } from "../dataset/prepared.ts";
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
 * It depends on the key and on what is held out by name, so adding clips moves none that were there.
 */
export function splitOf(key: string, shares: [number, number, number], heldOut?: HeldOut): Split {
  const named = (["val", "test"] as const).find((split) => heldOut?.[split].includes(key));
  if (named && shares[SPLITS.indexOf(named)] > 0) return named;
  const [train, val] = shares, share = hashShare(key);
  return share < train ? "train" : share < train + val ? "val" : "test";
}

/** What is dealt into train, val and test as a whole. */
export type SplitUnit = "speaker" | "clip";

/** With this many speakers or more, whole speakers are dealt, so that none is in two of the splits. */
const SPLIT_SPEAKERS_FROM = 4;

/** The unit for a data set that brings no lists: speakers, unless there are too few of them. */
export function splitUnit(clips: SourceClip[]): SplitUnit {
  return new Set(clips.map(({ speaker }) => speaker)).size >= SPLIT_SPEAKERS_FROM ? "speaker" : "clip";
}

/** How a data set without lists is dealt. */
export interface Deal {
  shares: [number, number, number];
  unit: SplitUnit;
}

/** What is dealt of a clip: its speaker, or its id. */
export const dealtKey = ({ id, speaker }: Pick<SourceClip, "id" | "speaker">, unit: SplitUnit): string =>
  unit === "speaker" ? speaker : id;

/** A clip or a whole speaker that is to be dealt. */
export interface Dealt {
  key: string;
  /** Clips of it that are used. */
  clips: number;
  /** It was in no split before, so that nothing was learnt from it. */
  isNew: boolean;
}

/**
 * Clips that val and test have at least, where the data allow: `deno task report` needs so many to take out the rhythm that
 * sentences share.
 */
export const FEWEST_HELD_OUT = 5;

/**
 * What is held out by name, since the hash has dealt val or test fewer than five clips: of what it has dealt to train, the
 * highest hashes, for the split that lacks more, test first. Train keeps half of all clips, but a split is not left empty
 * as long as train is not. A split that was given no share gets nothing, and what was dealt before stays.
 * @param before what is held out by name already
 */
export function holdOut(
  units: Dealt[],
  { shares, before = { val: [], test: [] } }: { shares: Deal["shares"]; before?: HeldOut },
): HeldOut {
  const heldOut: HeldOut = { val: [...before.val], test: [...before.test] };
  const count: Record<Split, number> = { train: 0, val: 0, test: 0 };
  for (const { key, clips } of units) count[splitOf(key, shares, heldOut)] += clips;
  const half = units.reduce((sum, { clips }) => sum + clips, 0) / 2;
  const free = units.filter(({ key, clips, isNew }) =>
    isNew && clips > 0 && splitOf(key, shares, heldOut) === "train"
  ).sort((a, b) => hashShare(b.key) - hashShare(a.key));
  /** One that leaves train its half; for an empty split the smallest, if it leaves train anything. */
  const nextFor = (split: Split): Dealt | undefined => {
    const fits = free.find(({ clips }) => count.train - clips >= half);
    if (fits || count[split] > 0) return fits;
    return free.filter(({ clips }) => count.train > clips).sort((a, b) => a.clips - b.clips)[0];
  };
  const lacking = (["test", "val"] as const).filter((split) => shares[SPLITS.indexOf(split)] > 0);
  while (true) {
    const [split] = lacking.filter((split) => count[split] < FEWEST_HELD_OUT)
      .sort((a, b) => count[a] - count[b]);
    const next = split && nextFor(split);
    if (!next) return heldOut;
    heldOut[split].push(next.key);
    free.splice(free.indexOf(next), 1);
    count.train -= next.clips;
    count[split] += next.clips;
  }
}

/** The split of a clip: that of the data set's own lists, otherwise dealt by its speaker or by its id. */
export const splitOfClip = (clip: SourceClip, { shares, unit }: Deal, heldOut?: HeldOut): Split =>
  clip.split ?? splitOf(dealtKey(clip, unit), shares, heldOut);

/** What is to be said of the clips that each split has, with the remedy; empty when there are enough. */
export function splitWarning(rows: { split: Split }[]): string {
  const [train, val, test] = SPLITS.map((split) => rows.filter((row) => row.split === split).length);
  const faults: string[] = [];
  if (train === 0 || val === 0) faults.push("training needs one of train and one of val");
  else if (val < FEWEST_HELD_OUT) faults.push("by so few of val a training stops by chance");
  if (test < FEWEST_HELD_OUT) faults.push(`\`deno task report\` needs ${FEWEST_HELD_OUT} of test`);
  if (faults.length === 0) return "";
  const remedy = rows.length < 4 * FEWEST_HELD_OUT
    ? "add films, or let more pass (`deno task filter`)"
    : "prepare into a new folder, with larger shares such as --split 70,15,15";
  return `warning: ${train}, ${val} and ${test} clips in train, val and test: ${
    faults.join(", and ")
  }; ${remedy}`;
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
