import { KitError } from "../../base/errors.ts";
import { fileHash } from "../../base/files.ts";
import { windowsOf } from "../../dataset/windows.ts";
import type { FaceAudio, VideoPart } from "../../dataset/speaker_video.ts";
import { embedWindows, type WindowEmbeddings } from "../../inference/embed.ts";
import { disposeParams } from "../../nn/params.ts";
import { bestPath, loadDiscriminator, readRun } from "../../training/run.ts";
import { FEWEST_WINDOWS, type LipSyncError, lse, OFFSETS } from "../metrics/lse.ts";
import { type ClipJudge, videoOf } from "./clip_judge.ts";

/** The discriminator of a run as a judge of lip sync. */
export interface RunJudge extends ClipJudge {
  /** All of its procedure, said beside every number of its own. */
  procedure: string;
  /** Steps the network was trained for. */
  step: number;
  /** Embeds the first `windows` windows of a stretch of video, one a frame, as vectors of unit length. */
  embed(part: Omit<FaceAudio, "frames">, windows: number): WindowEmbeddings;
}

/** The kit's own procedure: its name in tables, and in full, since numbers of two procedures do not compare. */
const PROTOCOL = "kit: lower half faces 96x48, mel, unit embeddings";
const PROCEDURE =
  "procedure of syncnet_python (31 offsets of 40 ms, sound padded with 15 zeros at both ends, " +
  "Euclidean distance, mean over time, LSE-D = least, LSE-C = median - least) on embeddings of unit length of " +
  "5 lower half faces (96x48, as prepared) and 16 mel columns; not comparable with scores of the official SyncNet";

/** The embedding divided by its length; zeros stay zeros. */
function unit(embedding: Float32Array): Float32Array {
  let sum = 0;
  for (const value of embedding) sum += value * value;
  const length = Math.sqrt(sum);
  return length > 0 ? embedding.map((value) => value / length) : embedding;
}

/**
 * Opens the discriminator of a run as a judge of lip sync. It was trained on the cosine of its embeddings, so they are
 * brought to unit length, where the Euclidean distance is sqrt(2 - 2 cos): 0 in perfect sync, 1.41 when nothing agrees.
 * Throws KitError when the folder holds no discriminator.
 */
export async function openRunJudge(run: string): Promise<RunJudge> {
  const { config, data } = await readRun(run);
  const { params, step } = await loadDiscriminator(run);
  const embed: RunJudge["embed"] = (part, windows) => {
    const { audio, video } = embedWindows(params, part, Array.from({ length: windows }, (_, start) => start));
    return { audio: audio.map(unit), video: video.map(unit) };
  };
  return {
    name: `run's discriminator (${config.name}, ${data.name}), not the official SyncNet`,
    version: await fileHash(bestPath(run)),
    protocol: PROTOCOL,
    procedure: PROCEDURE,
    official: false,
    step,
    embed,
    score(video) {
      const clip = videoOf(video), windows = windowsOf(clip.frames, clip.columns);
      if (windows >= FEWEST_WINDOWS) return lse(embed(clip, windows));
      throw new KitError(
        `A clip of ${clip.frames} frames is too short for ${OFFSETS} offsets`,
        `Give clips of ${FEWEST_WINDOWS + 4} frames or more`,
      );
    },
    dispose: () => disposeParams(params),
  };
}

/** Judges a video part by part, as `videoParts` yields them: only the embeddings of the whole video are held. */
export async function judgeParts(
  judge: RunJudge,
  parts: AsyncIterable<VideoPart>,
  done: (windows: number) => void = () => {},
): Promise<LipSyncError> {
  const all: WindowEmbeddings = { audio: [], video: [] };
  for await (const part of parts) {
    const { audio, video } = judge.embed(part, part.windows);
    all.audio.push(...audio);
    all.video.push(...video);
    done(all.video.length);
  }
  return lse(all);
}
