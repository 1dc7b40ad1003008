import { FACE_BYTES, MEL_BANDS, MEL_WINDOW, SAMPLES_A_FRAME, SYNC_FRAMES } from "../../base/shapes.ts";
import type { Clip } from "../../dataset/dataset.ts";
import { melStart } from "../../media/mel.ts";
import type { LipSyncError } from "../metrics/lse.ts";

/** What a judge looks at and hears. */
export interface JudgedVideo {
  /** The clip whose video it is. */
  clip: Clip;
  /** The clip whose sound is heard; the same one for a video with its own sound. */
  audio: Clip;
  /** Redrawn crops in place of the video's, [frames] of [96, 96, 3]; the real ones when absent. */
  faces?: Uint8Array[];
}

/** A judge of prepared clips under a named procedure. */
export interface ClipJudge {
  /** Who judges; only the published SyncNet is called official. */
  name: string;
  /** A hash of its weights. */
  version: string;
  /** Name of its procedure: scores of two procedures do not compare. */
  protocol: string;
  /** Whether it is the published SyncNet. */
  official: boolean;
  /** Scores a video; throws KitError when it is too short. */
  score(video: JudgedVideo): Promise<LipSyncError> | LipSyncError;
  /** Frees its network. */
  dispose(): void;
}

/** The video as one clip: with the redrawn faces and the sound, cut to what all have. */
export function videoOf({ clip, audio, faces }: JudgedVideo): Clip {
  if (audio === clip && !faces) return clip;
  const frames = Math.min(faces?.length ?? clip.frames, audio.frames);
  const columns = Math.min(audio.columns, melStart(frames) + MEL_WINDOW);
  const redrawn = new Uint8Array(faces ? frames * FACE_BYTES : 0);
  faces?.slice(0, frames).forEach((face, t) => redrawn.set(face, t * FACE_BYTES));
  return {
    ...clip,
    frames,
    faces: faces ? redrawn : clip.faces,
    mel: audio.mel.subarray(0, columns * MEL_BANDS),
    columns,
    audio: audio.audio.subarray(0, frames * SAMPLES_A_FRAME),
    voiced: audio.voiced.slice(0, Math.max(0, frames - SYNC_FRAMES + 1)),
  };
}
