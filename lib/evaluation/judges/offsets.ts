import { loadClip } from "../../dataset/dataset.ts";
import type { ManifestRow } from "../../dataset/manifest.ts";
import { windowsOf } from "../../dataset/windows.ts";
import { FEWEST_WINDOWS, standsOut } from "../metrics/lse.ts";
import type { ClipJudge } from "./clip_judge.ts";

/** What a judge finds of one prepared clip. */
export interface ClipOffset {
  id: string;
  speaker: string;
  /** In frames: above 0 the sound is early, below 0 it is late. */
  offset: number;
  /** Median distance less the least (LSE-C). */
  confidence: number;
  /** Whether the least stands out of the curve: it is no chance. */
  sure: boolean;
}

/** Fewer sure clips than this say nothing about a speaker. */
export const FEWEST_SURE = 3;

/**
 * Measures the offset of sound and image in each of the given prepared clips by a judge (see `lse`), with the offsets
 * that the rows have taken out. Clips of fewer than 35 frames
 * are left out: more than half of their curve would be padding.
 */
export async function measureOffsets(
  { folder, rows, judge }: { folder: string; rows: ManifestRow[]; judge: Pick<ClipJudge, "score"> },
  { onClip = () => {} }: { onClip?: (done: number) => void } = {},
): Promise<ClipOffset[]> {
  const found: ClipOffset[] = [];
  for (const [k, row] of rows.entries()) {
    const clip = await loadClip(folder, row);
    if (windowsOf(clip.frames, clip.columns) >= FEWEST_WINDOWS) {
      const score = await judge.score({ clip, audio: clip }), { offset, lseC: confidence } = score;
      found.push({ id: row.id, speaker: row.speaker, offset, confidence, sure: standsOut(score) });
    }
    onClip(k + 1);
  }
  return found;
}

/** The middle offset; of an even number of them the one nearer to 0. */
export function medianOffset(offsets: number[]): number {
  const sorted = [...offsets].sort((a, b) => a - b), half = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[half];
  const [low, high] = [sorted[half - 1], sorted[half]];
  return Math.abs(low) <= Math.abs(high) ? low : high;
}

/** The offset of a group of clips, from those of which the judge is sure. */
export interface GroupOffset {
  /** A speaker, or "all" for everybody who has too few sure clips. */
  group: string;
  clips: number;
  sure: number;
  /** The median; null when too few are sure. */
  offset: number | null;
}

/**
 * One offset for each speaker, the median of the clips of which the judge is sure; speakers with fewer than three such
 * clips get that of the whole data set ("all"), as does everybody when `by` is "dataset".
 */
export function groupOffsets(found: ClipOffset[], by: "speaker" | "dataset" = "speaker"): GroupOffset[] {
  const groups = new Map<string, ClipOffset[]>([["all", found]]);
  if (by === "speaker") {
    for (const clip of found) groups.set(clip.speaker, [...groups.get(clip.speaker) ?? [], clip]);
  }
  return [...groups].map(([group, clips]) => {
    const sure = clips.filter((clip) => clip.sure);
    const offset = sure.length >= FEWEST_SURE ? medianOffset(sure.map((clip) => clip.offset)) : null;
    return { group, clips: clips.length, sure: sure.length, offset };
  });
}

/** The offset that a speaker's clips get; 0 when not even the whole data set has enough sure clips. */
export function offsetOf(speaker: string, groups: GroupOffset[]): number {
  const own = groups.find(({ group }) => group === speaker)?.offset;
  return own ?? groups.find(({ group }) => group === "all")?.offset ?? 0;
}
