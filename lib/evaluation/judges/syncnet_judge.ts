import { KitError } from "../../base/errors.ts";
import type { ClipJudge, JudgedVideo } from "./clip_judge.ts";
import { FEWEST_WINDOWS } from "./judge.ts";
import { type LipSyncError, lse, OFFSETS } from "../metrics/lse.ts";
import {
  detectorBoxes,
  mfccWindows,
  type Raster,
  SYNCNET_SIDE,
  syncnetCrop,
  type SyncnetProtocol,
  syncnetTrack,
  syncnetWindows,
  toSyncnetSize,
  type TrackedFace,
} from "./syncnet_inputs.ts";
import { openWholeFrames, type WholeFrames } from "./whole_frames.ts";

/** SyncNet, as far as a judge needs it. */
export interface SyncnetNetwork {
  /** MFCC windows [n, 13, 20] -> n embeddings. */
  audio(mfcc: Float32Array, n: number): Float32Array[];
  /** Windows of 5 RGB frames in 0..255, frame by frame along the channels, [n, 224, 224, 15] -> n embeddings. */
  lip(frames: Float32Array, n: number): Float32Array[];
  dispose(): void;
}

/** Frames of a window, and windows a forward pass: 3 MB each. */
const FRAMES = 5, BATCH = 8;
const PLANE = SYNCNET_SIDE * SYNCNET_SIDE;

/** What each protocol is, beside the name that the tables give. */
export const SYNCNET_PROTOCOLS: Record<SyncnetProtocol, string> = {
  "LRS": "SyncNet on whole frames drawn to 224x224 (Wav2Lip's LRS protocol)",
  "real videos":
    "SyncNet on tracked faces, crop scale 0.4, padded with 110 (syncnet_python's pipeline; boxes from " +
    "landmarks in place of S3FD, no re-encoding)",
};

/** Writes 5 frames [224, 224, 3] into one window [224, 224, 15]. */
function writeWindow(frames: Uint8Array[], out: Float32Array): void {
  frames.forEach((frame, f) => {
    for (let p = 0; p < PLANE; p++) {
      for (let c = 0; c < 3; c++) out[p * 3 * FRAMES + 3 * f + c] = frame[3 * p + c];
    }
  });
}

/** Embeds the windows that start at each of the first frames of a stream: only five frames and a batch are held. */
async function embedLips(
  network: SyncnetNetwork,
  { frames, windows }: { frames: AsyncGenerator<Uint8Array>; windows: number },
): Promise<Float32Array[]> {
  const all: Float32Array[] = [], held: Uint8Array[] = [];
  const batch = new Float32Array(BATCH * PLANE * 3 * FRAMES);
  let filled = 0;
  const embed = () => {
    if (filled > 0) all.push(...network.lip(batch.subarray(0, filled * PLANE * 3 * FRAMES), filled));
    filled = 0;
  };
  for await (const frame of frames) {
    held.push(frame);
    if (held.length < FRAMES) continue;
    writeWindow(held, batch.subarray(filled * PLANE * 3 * FRAMES, (filled + 1) * PLANE * 3 * FRAMES));
    held.shift();
    if (++filled === BATCH) embed();
    if (all.length + filled === windows) break;
  }
  embed();
  return all;
}

/** The images that SyncNet sees of a video. */
async function* images(
  whole: WholeFrames,
  { protocol, faces }: { protocol: SyncnetProtocol; faces?: Uint8Array[] },
): AsyncGenerator<Uint8Array> {
  const track: TrackedFace[] = protocol === "LRS" ? [] : syncnetTrack(detectorBoxes(whole.boxes));
  const seen = (frame: Raster, t: number) =>
    protocol === "LRS" ? toSyncnetSize(frame) : syncnetCrop(frame, track[t]);
  let t = 0;
  for await (const frame of whole.frames(faces)) {
    const image = seen(frame, t++);
    if (!image) throw new KitError(`No face is tracked in frame ${t - 1}`, "Prepare the film again");
    yield image;
  }
}

async function score(
  network: SyncnetNetwork,
  { clip, audio: sound, faces }: JudgedVideo,
  { protocol, folder }: { protocol: SyncnetProtocol; folder: string },
): Promise<LipSyncError> {
  const frames = Math.min(faces?.length ?? clip.frames, clip.frames);
  const windows = syncnetWindows(frames, sound.audio.length);
  if (windows < FEWEST_WINDOWS) {
    throw new KitError(
      `A video of ${frames} frames is too short for ${OFFSETS} offsets of SyncNet`,
      `Give videos of ${FEWEST_WINDOWS + FRAMES} frames or more`,
    );
  }
  const whole = await openWholeFrames(folder, clip);
  const video = await embedLips(network, { frames: images(whole, { protocol, faces }), windows });
  const mfcc = mfccWindows(sound.audio, windows), size = mfcc.length / windows;
  const audio: Float32Array[] = [];
  for (let from = 0; from < windows; from += BATCH) {
    const n = Math.min(BATCH, windows - from);
    audio.push(...network.audio(mfcc.subarray(from * size, (from + n) * size), n));
  }
  return lse({ audio, video });
}

/**
 * The published SyncNet as a judge of prepared clips, on the videos behind them: embeddings as they are, not brought to
 * unit length. `folder` is the prepared folder. Its `score` throws KitError when a video is gone, was never there
 * (crops), or is shorter than 36 frames.
 */
export function syncnetJudge(
  network: SyncnetNetwork,
  { version, protocol, folder }: { version: string; protocol: SyncnetProtocol; folder: string },
): ClipJudge {
  return {
    name: "SyncNet (official weights)",
    version,
    protocol: SYNCNET_PROTOCOLS[protocol],
    official: true,
    score: (video) => score(network, video, { protocol, folder }),
    dispose: network.dispose,
  };
}
