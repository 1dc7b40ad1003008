import { MEL_HOP, SAMPLES_A_FRAME, SYNC_FRAMES } from "../base/shapes.ts";
import { melStart } from "../media/mel.ts";

/** Frames after which a frame and a mel column begin together again: 5 frames are 16 columns. */
const STEP = SYNC_FRAMES;

/** The part of a clip that is left when its sound is moved against its image; all of it at offset 0. */
export interface ClipSpan {
  /** The clip's frame that becomes frame 0, and how many are left. */
  firstFrame: number;
  frames: number;
  /** The frame whose sound becomes the sound of frame 0; a multiple of 5, so that mel columns stay whole. */
  audioFrame: number;
  /** The same in mel columns and samples, and how many of them are left. */
  firstColumn: number;
  columns: number;
  firstSample: number;
  samples: number;
}

/**
 * What is left of a clip of `frames` frames and `columns` mel columns when an offset is taken out. The offset is the
 * sync judge's: above 0 the sound is early, so the image of frame t gets the sound of frame t - offset. Nothing is
 * made up at the ends: frames that lose their sound go, and up to 4 more where the sound was late.
 */
export function spanAt(offset: number, { frames, columns }: { frames: number; columns: number }): ClipSpan {
  const audioFrame = Math.min(frames, STEP * Math.ceil(Math.max(0, -offset) / STEP));
  const firstFrame = Math.max(0, Math.min(frames, audioFrame + offset));
  const left = frames - Math.max(firstFrame, audioFrame);
  const firstColumn = Math.min(columns, melStart(audioFrame));
  const wanted = offset === 0 ? columns : 1 + Math.floor(SAMPLES_A_FRAME * left / MEL_HOP);
  return {
    firstFrame,
    frames: left,
    audioFrame,
    firstColumn,
    columns: Math.max(0, Math.min(columns - firstColumn, wanted)),
    firstSample: SAMPLES_A_FRAME * audioFrame,
    samples: SAMPLES_A_FRAME * left,
  };
}
