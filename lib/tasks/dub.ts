import { least, max, range } from "d3-array";
import { KitError } from "../base/errors.ts";
import { cropFace, pasteFace } from "../media/face_crop.ts";
import { type FollowedFace, followFace } from "../media/face_video.ts";
import { FRAME_RATE, SAMPLE_RATE, SAMPLES_A_FRAME } from "../base/shapes.ts";
import { decodeAudio, decodeFrames } from "../media/decode.ts";
import { openVideoWriter } from "../media/writer.ts";
import { melSpectrogram } from "../media/mel.ts";
import { disposeParams } from "../nn/params.ts";
import { Progress } from "../base/progress.ts";
import { faceGenerator, FACES_A_PASS } from "../inference/generate.ts";
import { loadGenerator } from "../training/run.ts";

/** Below this level the sound is silence and there is nothing to speak. */
const SILENCE = 1e-3;

const boxAt = ({ boxes }: FollowedFace, frame: number) => boxes.subarray(4 * frame, 4 * frame + 4);

/** The crop of the frame whose mouth is the most closed: a reference that gives no mouth shape away. */
async function referenceCrop(video: string, face: FollowedFace): Promise<Uint8Array> {
  const [first, last] = face.seen;
  const closed = least(range(first, last + 1), (t) => face.mouth[2 * t])!;
  let t = 0;
  for await (const frame of decodeFrames(video)) {
    if (t++ < closed) continue;
    return cropFace(frame, face.width, face.height, boxAt(face, closed));
  }
  throw new KitError(`${video} gave fewer frames when read again`, "Copy or convert the film, it is damaged");
}

/** The sound to speak; throws KitError when there is none or nothing can be heard. */
async function audioToSpeak(path: string): Promise<Float32Array> {
  const audio = await decodeAudio(path);
  if (audio.length < SAMPLE_RATE / FRAME_RATE || max(audio, Math.abs)! < SILENCE) {
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
  const writer = await openVideoWriter(out, { width, height, audio: speech });
  using progress = new Progress("dubbing", total, { unit: "frames" });
  let done = 0, untouched = 0;
  const write = async (part: { frame: Uint8Array; index: number }[]) => {
    const seen = part.map(({ frame, index }, k) => ({ frame, index, spoken: done + k }))
      .filter(({ index }) => index >= first && index <= last);
    const drawn = generate(
      seen.map(({ frame, index, spoken }) => ({
        pose: cropFace(frame, width, height, boxAt(face, index)),
        frame: spoken,
      })),
      { reference, mel },
    );
    seen.forEach(({ frame, index }, k) => pasteFace(frame, width, height, boxAt(face, index), drawn[k]));
    for (const { frame } of part) await writer.write(frame);
    untouched += part.length - seen.length;
    progress.update(done += part.length);
  };
  try {
    let part: { frame: Uint8Array; index: number }[] = [];
    for await (const next of endless(video)) {
      part.push(next);
      if (part.length < FACES_A_PASS && done + part.length < total) continue;
      await write(part);
      part = [];
      if (done >= total) break;
    }
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    disposeParams(params);
  }
  return { out, frames: total, untouched, seconds: total / FRAME_RATE };
}
