import { FRAME_RATE } from "../base/shapes.ts";

/** The longest clip, in frames: two minutes. Longer videos are split, so that no clip fills the memory. */
export const LONGEST_FRAMES = 120 * FRAME_RATE;

/** A stretch of a video that becomes one clip, from frame `first` to frame `end` (exclusive). */
export interface VideoPart {
  /** From 1 on; 0 when the part is the whole video. */
  part: number;
  first: number;
  end: number;
  /** Why the video was split here, in words; empty for a whole video. */
  note: string;
}

const at = (frame: number) => `${(frame / FRAME_RATE).toFixed(2)} s`;

/**
 * Cuts a video of `frames` frames at its shot changes, and shots of more than two minutes into equal pieces.
 * A part begins at a frame on which a face was looked for, so up to `every` - 1 frames after a cut belong to no part.
 */
export function splitVideo(
  { frames, starts, every, longest = LONGEST_FRAMES }: {
    frames: number;
    /** Frames that begin a new shot; 0 is not among them. */
    starts: number[];
    every: number;
    longest?: number;
  },
): VideoPart[] {
  const inside = starts.filter((start) => start < frames);
  const shots = [0, ...inside].map((start, shot) => ({ start, end: inside[shot] ?? frames }));
  const parts = shots.flatMap(({ start, end }) => {
    const pieces = Math.ceil((end - start) / longest);
    return Array.from({ length: pieces }, (_, k) => {
      const from = start + Math.floor(k * (end - start) / pieces);
      const next = k + 1 === pieces ? end : start + Math.floor((k + 1) * (end - start) / pieces);
      return { from, end: next, reason: k > 0 ? "the shot is long" : start > 0 ? "the shot changes" : "" };
    });
  });
  if (parts.length === 1) return [{ part: 0, first: 0, end: frames, note: "" }];
  return parts.map(({ from, end, reason }, k) => ({
    part: k + 1,
    first: Math.min(end, every * Math.ceil(from / every)),
    end,
    note: `part ${k + 1} of ${parts.length}${reason ? `: ${reason} at ${at(from)}` : ""}`,
  }));
}
