import { type FaceAudio, type VideoPart } from "../../dataset/speaker_video.ts";
import { windowsOf } from "../../dataset/windows.ts";
import { KitError } from "../../base/errors.ts";
import { disposeParams } from "../../nn/params.ts";
import { loadDiscriminator, readRun } from "../../training/run.ts";
import { embedWindows } from "../../inference/embed.ts";
import { type LipSyncError, lse, OFFSETS } from "../metrics/lse.ts";

/** Fewest windows of a judged clip: with 31, even 15 frames apart more than half of the sound is not padding. */
export const FEWEST_WINDOWS = OFFSETS;

/** Said beside every number, since numbers of two procedures do not compare. */
const PROTOCOL =
  "procedure of syncnet_python (31 offsets of 40 ms, sound padded with 15 zeros at both ends, " +
  "Euclidean distance, mean over time, LSE-D = least, LSE-C = median - least) on embeddings of unit length of " +
  "5 lower half faces (96x48, as prepared) and 16 mel columns; not comparable with scores of the official SyncNet";

/** A score of one clip, with the names of who judged it and how. */
export interface Judgement extends LipSyncError {
  judge: string;
  protocol: string;
}

/** Windows brought to embeddings of unit length, one window a frame. */
export interface Embedded {
  audio: Float32Array[];
  video: Float32Array[];
}

/** A network that places sound and lips in one space. */
export interface Judge {
  /** Who judges; never to be taken for the official SyncNet. */
  name: string;
  protocol: string;
  /** Steps the network was trained for. */
  step: number;
  /** Embeds the first `windows` windows of a stretch of video. */
  embed(part: Omit<FaceAudio, "frames">, windows: number): Embedded;
  /** Scores embeddings of a whole clip. */
  score(embedded: Embedded): Judgement;
  /** Frees the network. */
  dispose(): void;
}

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
export async function openJudge(run: string): Promise<Judge> {
  const { config, data } = await readRun(run);
  const { params, step } = await loadDiscriminator(run);
  const name = `run's discriminator (${config.name}, ${data.name}), not the official SyncNet`;
  return {
    name,
    protocol: PROTOCOL,
    step,
    embed(part, windows) {
      const { audio, video } = embedWindows(
        params,
        part,
        Array.from({ length: windows }, (_, start) => start),
      );
      return { audio: audio.map(unit), video: video.map(unit) };
    },
    score: (embedded) => ({ ...lse(embedded), judge: name, protocol: PROTOCOL }),
    dispose: () => disposeParams(params),
  };
}

/** Judges a clip in memory, such as a prepared one; throws KitError when it holds fewer than 31 windows. */
export function judgeClip(judge: Judge, clip: FaceAudio): Judgement {
  const windows = windowsOf(clip.frames, clip.columns);
  if (windows < FEWEST_WINDOWS) {
    throw new KitError(
      `A clip of ${clip.frames} frames is too short for ${OFFSETS} offsets`,
      `Give clips of ${FEWEST_WINDOWS + 4} frames or more`,
    );
  }
  return judge.score(judge.embed(clip, windows));
}

/** Judges a video part by part, as `filmParts` yields them: only the embeddings of the whole video are held. */
export async function judgeParts(
  judge: Judge,
  parts: AsyncIterable<VideoPart>,
  done: (windows: number) => void = () => {},
): Promise<Judgement> {
  const all: Embedded = { audio: [], video: [] };
  for await (const part of parts) {
    const { audio, video } = judge.embed(part, part.windows);
    all.audio.push(...audio);
    all.video.push(...video);
    done(all.video.length);
  }
  return judge.score(all);
}
