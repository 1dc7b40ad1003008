import type { SourceClip } from "./layouts/layouts.ts";
import { type Split, splitOf } from "../dataset/manifest.ts";

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
