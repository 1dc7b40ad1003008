import { generatorColumn, generatorInput, melWindow } from "../dataset/dataset.ts";
import { KitError } from "../base/errors.ts";
import { cropFace, pasteFace } from "../media/face.ts";
import { type FollowedFace, followFace } from "../media/face_video.ts";
import { decodeAudio, decodeFrames, openVideoWriter } from "../media/ffmpeg.ts";
import { melSpectrogram } from "../media/mel.ts";
import { type GeneratorKind, GENERATORS } from "../models/generator_kinds.ts";
import { compile, type Named } from "../native/compile.ts";
import type { Params } from "../nn/params.ts";
import { Progress } from "../base/progress.ts";
import {
  FACE_BYTES,
  FACE_SIZE,
  FRAME_RATE,
  MEL_BANDS,
  MEL_SIZE,
  MEL_WINDOW,
  SAMPLE_RATE,
  SAMPLES_A_FRAME,
} from "../base/shapes.ts";
import { type Tensor, tf } from "../native/tf.ts";
import { loadGenerator } from "../training/run.ts";

/** Frames a forward pass. */
const BATCH = 16;
/** Below this level the sound is silence and there is nothing to speak. */
const SILENCE = 1e-3;

const INPUT_SIZE = FACE_SIZE * FACE_SIZE * 6;

/** What a face is redrawn from: the crop to redraw, and the frame whose sound it is to speak. */
export interface FaceRequest {
  pose: Uint8Array;
  frame: number;
}

/** Redraws crops [96, 96, 3] of one person to a sound's mel [columns, 80]. */
export type FaceGenerator = (
  requests: FaceRequest[],
  given: { reference: Uint8Array; mel: Float32Array },
) => Uint8Array[];

/** A generator of any kind as a function on crops, compiled once for batches of 16. */
export function faceGenerator(
  { params, config }: { params: Params; config: { generator: { kind: GeneratorKind } } },
): FaceGenerator {
  const { apply } = GENERATORS[config.generator.kind];
  const forward = compile((all: Named, batch: Named) =>
    apply(all, batch as { mel: Tensor; faces: Tensor }, { training: false }).face
  );
  return (requests, { reference, mel }) => {
    const audio = { mel, columns: mel.length / MEL_BANDS };
    const faces: Uint8Array[] = [];
    for (let from = 0; from < requests.length; from += BATCH) {
      const part = requests.slice(from, from + BATCH);
      const mels = new Float32Array(BATCH * MEL_SIZE), inputs = new Float32Array(BATCH * INPUT_SIZE);
      part.forEach(({ pose, frame }, k) => {
        melWindow(audio, generatorColumn(frame), mels.subarray(k * MEL_SIZE, (k + 1) * MEL_SIZE));
        generatorInput(pose, reference, inputs.subarray(k * INPUT_SIZE, (k + 1) * INPUT_SIZE));
      });
      const drawn = tf.tidy(() =>
        forward(params, {
          mel: tf.tensor4d(mels, [BATCH, MEL_BANDS, MEL_WINDOW, 1]),
          faces: tf.tensor4d(inputs, [BATCH, FACE_SIZE, FACE_SIZE, 6]),
        }).dataSync()
      );
      // A plain loop: Uint8Array.from with a function takes longer than the network.
      part.forEach((_, k) => {
        const face = new Uint8Array(FACE_BYTES);
        for (let i = 0; i < FACE_BYTES; i++) face[i] = Math.round(255 * drawn[k * FACE_BYTES + i]);
        faces.push(face);
      });
    }
    return faces;
  };
}

/** The crop of the frame whose mouth is the most closed: a reference that gives no mouth shape away. */
async function referenceCrop(video: string, face: FollowedFace): Promise<Uint8Array> {
  const [first, last] = face.seen;
  let closed = first;
  for (let t = first; t <= last; t++) if (face.mouth[2 * t] < face.mouth[2 * closed]) closed = t;
  let t = 0;
  for await (const frame of decodeFrames(video)) {
    if (t++ < closed) continue;
    return cropFace(frame, face.width, face.height, face.boxes.subarray(4 * closed, 4 * closed + 4));
  }
  throw new KitError(`${video} gave fewer frames when read again`, "Copy or convert the film, it is damaged");
}

/** The sound to speak; throws KitError when there is none or nothing can be heard. */
async function audioToSpeak(path: string): Promise<Float32Array> {
  const audio = await decodeAudio(path);
  const peak = audio.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  if (audio.length < SAMPLE_RATE / FRAME_RATE || peak < SILENCE) {
    throw new KitError(`There is nothing to hear in ${path}`, "Give a sound with speech in it");
  }
  return audio;
}

/** Frames of a video one after the other, from its start again when it ends. */
async function* endless(video: string): AsyncGenerator<{ frame: Uint8Array; index: number }> {
  while (true) {
    let index = 0;
    for await (const frame of decodeFrames(video)) yield { frame, index: index++ };
    if (index === 0) throw new KitError(`${video} holds no frame`, "Give another film");
  }
}

export interface DubResult {
  out: string;
  frames: number;
  /** Frames that were left as they are, since no face was followed in them. */
  untouched: number;
  seconds: number;
}

/**
 * Redraws the mouth of a video to other speech, full frame, and writes it with that sound. The video is as long
 * as the sound: a shorter one starts over, a longer one is cut.
 * Throws KitError when either file cannot be read, no face can be followed, or the run holds no generator.
 */
export async function dub(
  video: string,
  audio: string,
  { run, out }: { run: string; out: string },
): Promise<DubResult> {
  const loaded = await loadGenerator(run), { params } = loaded;
  const speech = await audioToSpeak(audio);
  const face = await followFace(video);
  const reference = await referenceCrop(video, face);
  const mel = melSpectrogram(speech);
  const generate = faceGenerator(loaded);
  const total = Math.floor(speech.length / SAMPLES_A_FRAME);
  const { width, height, seen: [first, last] } = face;
  const writer = await openVideoWriter(out, { width, height, fps: FRAME_RATE, audio: speech });
  const progress = new Progress("dubbing", total, { unit: "frames" });
  let done = 0, untouched = 0;
  const write = async (part: { frame: Uint8Array; index: number }[]) => {
    const boxOf = (index: number) => face.boxes.subarray(4 * index, 4 * index + 4);
    const seen = part.map(({ frame, index }, k) => ({ frame, index, spoken: done + k }))
      .filter(({ index }) => index >= first && index <= last);
    const drawn = generate(
      seen.map(({ frame, index, spoken }) => ({
        pose: cropFace(frame, width, height, boxOf(index)),
        frame: spoken,
      })),
      { reference, mel },
    );
    seen.forEach(({ frame, index }, k) => pasteFace(frame, width, height, boxOf(index), drawn[k]));
    for (const { frame } of part) await writer.write(frame);
    untouched += part.length - seen.length;
    progress.update(done += part.length);
  };
  try {
    let part: { frame: Uint8Array; index: number }[] = [];
    for await (const next of endless(video)) {
      part.push(next);
      if (part.length < BATCH && done + part.length < total) continue;
      await write(part);
      part = [];
      if (done >= total) break;
    }
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    progress.stop();
    tf.dispose(params);
  }
  return { out, frames: total, untouched, seconds: total / FRAME_RATE };
}
