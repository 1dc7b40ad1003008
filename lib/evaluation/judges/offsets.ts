import { Progress } from "../../base/progress.ts";
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
 * that the rows have taken out. Clips of fewer than 35 frames are left out: more than half of their curve would be
 * padding.
 */
export async function measureOffsets(
  { folder, rows, judge }: { folder: string; rows: ManifestRow[]; judge: Pick<ClipJudge, "score"> },
  label = "measuring offsets",
): Promise<ClipOffset[]> {
  const found: ClipOffset[] = [];
  using progress = new Progress(label, rows.length, { unit: "clips" });
  for (const [k, row] of rows.entries()) {
    const clip = await loadClip(folder, row);
    if (windowsOf(clip.frames, clip.columns) >= FEWEST_WINDOWS) {
      const score = await judge.score({ clip, audio: clip }), { offset, lseC: confidence } = score;
      found.push({ id: row.id, speaker: row.speaker, offset, confidence, sure: standsOut(score) });
    }
    progress.update(k + 1);
  }
  return found;
}

/** The offsets of which the judge is sure. */
export const sureOffsets = (found: ClipOffset[]): number[] =>
  found.filter(({ sure }) => sure).map(({ offset }) => offset);

/** The middle offset, in whole frames: of an even number of offsets the one of the middle two that is nearer to 0. */
export function medianOffset(offsets: number[]): number {
  const sorted = offsets.toSorted((a, b) => a - b), half = offsets.length / 2;
  const [low, high] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
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
  const speakers = by === "speaker" ? [...Map.groupBy(found, ({ speaker }) => speaker)] : [];
  return [["all", found] as const, ...speakers].map(([group, clips]) => {
    const sure = sureOffsets(clips), offset = sure.length >= FEWEST_SURE ? medianOffset(sure) : null;
    return { group, clips: clips.length, sure: sure.length, offset };
  });
}

/** The offset that a speaker's clips get; 0 when not even the whole data set has enough sure clips. */
export function offsetOf(speaker: string, groups: GroupOffset[]): number {
  const own = groups.find(({ group }) => group === speaker)?.offset;
  return own ?? groups.find(({ group }) => group === "all")?.offset ?? 0;
}
