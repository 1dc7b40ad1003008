import { KitError } from "../../base/errors.ts";
import { exists } from "../../base/files.ts";
import { type ClipSource, clipSource, sourceFrames } from "../../dataset/clip_source.ts";
import type { Clip } from "../../dataset/dataset.ts";
import { pasteFace } from "../../media/face_crop.ts";
import { FEWEST_WINDOWS, type LipSyncError, lse, OFFSETS } from "../metrics/lse.ts";
import type { ClipJudge, JudgedVideo } from "./clip_judge.ts";
import {
  detectorBoxes,
  mfccWindows,
  syncnetCrop,
  type SyncnetProtocol,
  syncnetTrack,
  syncnetWindows,
  toSyncnetSize,
} from "./syncnet_inputs.ts";

/** SyncNet, as far as a judge needs it. */
export interface SyncnetNetwork {
  /** MFCC windows [13, 20] -> an embedding of each. */
  audio(windows: Float32Array[]): Float32Array[];
  /** Windows of 5 RGB frames [224, 224, 3] in 0..255 -> an embedding of each. */
  lip(windows: Uint8Array[][]): Float32Array[];
  dispose(): void;
}

/** Frames of a window, and windows that are held at once: 3 MB each. */
const FRAMES = 5, BATCH = 8;

/** What each protocol is, beside the name that the tables give. */
export const SYNCNET_PROTOCOLS: Record<SyncnetProtocol, string> = {
  "LRS": "SyncNet on whole frames drawn to 224x224 (Wav2Lip's LRS protocol)",
  "real videos":
    "SyncNet on tracked faces, crop scale 0.4, padded with 110 (syncnet_python's pipeline; boxes from " +
    "landmarks in place of S3FD, no re-encoding)",
};

/** Embeds the windows that start at each of the first frames of a stream: only those of one batch are held. */
async function embedLips(
  network: SyncnetNetwork,
  { frames, windows }: { frames: AsyncGenerator<Uint8Array>; windows: number },
): Promise<Float32Array[]> {
  const embedded: Float32Array[] = [], held: Uint8Array[] = [];
  for await (const frame of frames) {
    held.push(frame);
    const count = held.length - FRAMES + 1;
    if (count < Math.min(BATCH, windows - embedded.length)) continue;
    embedded.push(...network.lip(Array.from({ length: count }, (_, k) => held.slice(k, k + FRAMES))));
    held.splice(0, count);
    if (embedded.length === windows) break;
  }
  return embedded;
}

/** The video that a clip was prepared from. Throws KitError when it is gone, or was none but face crops. */
async function videoBehind(folder: string, { row }: Clip): Promise<ClipSource> {
  const source = await exists(row.source) && (await Deno.stat(row.source)).isDirectory
    ? undefined
    : await clipSource(folder, row);
  if (source) return source;
  throw new KitError(
    `There are no whole frames of ${row.id} for SyncNet to see: ${row.source} is gone, or was a folder of face crops`,
    "Judge it with the kit's own judge, or prepare the films",
  );
}

/** The images that SyncNet sees of a video; redrawn crops are set into its frames where given. */
async function* images(
  source: ClipSource,
  { protocol, faces, count }: { protocol: SyncnetProtocol; faces?: Uint8Array[]; count: number },
): AsyncGenerator<Uint8Array> {
  const track = protocol === "LRS" ? [] : syncnetTrack(detectorBoxes(source.boxes));
  let t = 0;
  for await (const { rgb, width, height, box } of sourceFrames(source)) {
    if (t === count) return;
    if (faces) pasteFace(rgb, width, height, box, faces[t]);
    const frame = { rgb, width, height };
    const image = protocol === "LRS" ? toSyncnetSize(frame) : syncnetCrop(frame, track[t]);
    if (!image) throw new KitError(`No face is tracked in frame ${t}`, "Prepare the film again");
    t++;
    yield image;
  }
  if (t < count) {
    throw new KitError(`${source.video} gave fewer frames than were prepared`, "Prepare it again");
  }
}

async function score(
  network: SyncnetNetwork,
  { clip, audio: sound, faces }: JudgedVideo,
  { protocol, folder }: { protocol: SyncnetProtocol; folder: string },
): Promise<LipSyncError> {
  const count = Math.min(faces?.length ?? clip.frames, clip.frames);
  const windows = syncnetWindows(count, sound.audio.length);
  if (windows < FEWEST_WINDOWS) {
    throw new KitError(
      `A video of ${count} frames is too short for ${OFFSETS} offsets of SyncNet`,
      `Give videos of ${FEWEST_WINDOWS + FRAMES} frames or more`,
    );
  }
  const whole = await videoBehind(folder, clip), boxes = whole.boxes.subarray(0, 4 * clip.frames);
  const frames = images({ ...whole, boxes }, { protocol, faces, count });
  const video = await embedLips(network, { frames, windows });
  return lse({ audio: network.audio(mfccWindows(sound.audio, windows)), video });
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
