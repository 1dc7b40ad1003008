import { cropFace, FACE_SIZE, trackSpeaker } from "../media/face.ts";
import { findFaces } from "../media/face_video.ts";
import { decodeFrames, decodeSound, FRAME_RATE, probe, SAMPLE_RATE, toInt16 } from "../media/ffmpeg.ts";
import { melSpectrogram } from "../media/mel.ts";
import { tf } from "../tf.ts";
import { type ClipConfig, type ClipRow, type Stamp, writeClip } from "./clip_file.ts";
import type { SourceClip } from "./layouts.ts";
import { orRejection, reading, Reject, type Rejection } from "./rejection.ts";
import { readTranscript, transcriptWithin } from "./words.ts";

export type { Rejection } from "./rejection.ts";

export const SAMPLES_A_FRAME = SAMPLE_RATE / FRAME_RATE;
/** Fewer frames than this hold no window to learn from. */
export const FEWEST_FRAMES = 15;
/** A sound below this level, in dB of full scale, is silence. */
export const SILENCE_DB = -60;
/** Sound that ends this much before the picture is worth a note, in seconds. */
const NOTED_CUT = 0.5;

/** One video to prepare. */
export interface ClipJob {
  /** "speaker/clip". */
  id: string;
  kind: SourceClip["kind"];
  /** Path of the video, or of the folder of its crops. */
  source: string;
  transcript?: SourceClip["transcript"];
  /** Path of the file to make. */
  target: string;
  config: ClipConfig;
  stamp: Stamp;
}

/** Size and frame rate of the picture, once it is sure that there are picture and sound. */
async function examine(source: string) {
  const { video, audio } = await probe(source);
  if (!video) throw new Reject("not-a-video", "it holds no picture");
  if (!audio) throw new Reject("no-sound", "it holds no sound");
  return video;
}

/** Level of a sound in dB of full scale: 20 log10 of the root mean square. */
export function levelOf(sound: Float32Array): number {
  let sum = 0;
  for (const sample of sound) sum += sample * sample;
  return 10 * Math.log10(Math.max(sum / Math.max(1, sound.length), 1e-12));
}

/** A sound's level in dB of full scale; a sound that is empty or silent is no clip's. */
export function checkSound(sound: Float32Array): number {
  if (sound.length === 0) throw new Reject("no-sound", "its sound track is empty");
  const level = levelOf(sound);
  if (level < SILENCE_DB) throw new Reject("silent", `its sound has ${level.toFixed(0)} dB of full scale`);
  return level;
}

/** A crop [96, 96, 3] as JPEG. */
export async function encodeCrop(crop: Uint8Array, quality: number): Promise<Uint8Array> {
  const tensor = tf.tensor3d(crop, [FACE_SIZE, FACE_SIZE, 3], "int32");
  // The three flags: progressive, optimise size, halve the colour's resolution.
  const jpeg = await tf.node.encodeJpeg(tensor, "rgb", quality, false, false, false);
  tensor.dispose();
  return jpeg;
}

/** Second reading: the crops from frame `first` on, one JPEG for each of the boxes. */
async function cutFaces(
  source: string,
  { width, height, first, boxes, quality }: {
    width: number;
    height: number;
    first: number;
    boxes: Float32Array;
    quality: number;
  },
): Promise<Uint8Array[]> {
  const jpegs: Uint8Array[] = [];
  let position = 0;
  for await (const frame of decodeFrames(source)) {
    if (position++ < first) continue;
    const box = boxes.subarray(4 * jpegs.length, 4 * jpegs.length + 4);
    jpegs.push(await encodeCrop(cropFace(frame, width, height, box), quality));
    if (jpegs.length === boxes.length / 4) return jpegs;
  }
  throw new Reject("damaged", `read again, it gave only ${position} frames`);
}

/** Means of the boxes for the manifest: centre and size in pixels, movement from frame to frame over size. */
export function boxStatistics(boxes: Float32Array) {
  const frames = boxes.length / 4;
  let x = 0, y = 0, size = 0, moved = 0;
  for (let i = 0; i < boxes.length; i += 4) {
    x += (boxes[i] + boxes[i + 2]) / 2;
    y += (boxes[i + 1] + boxes[i + 3]) / 2;
    size += (boxes[i + 2] - boxes[i] + boxes[i + 3] - boxes[i + 1]) / 2;
    if (i === 0) continue;
    const dx = boxes[i] + boxes[i + 2] - boxes[i - 4] - boxes[i - 2];
    const dy = boxes[i + 1] + boxes[i + 3] - boxes[i - 3] - boxes[i - 1];
    moved += Math.hypot(dx, dy) / 2;
  }
  return {
    box_x_mean: x / frames,
    box_y_mean: y / frames,
    box_size_mean: size / frames,
    box_jitter: moved / Math.max(1, frames - 1) / (size / frames),
  };
}

async function make({ id, source, transcript, target, config, stamp }: ClipJob): Promise<ClipRow> {
  const video = await reading(() => examine(source));
  const sound = await reading(() => decodeSound(source));
  const level = checkSound(sound);

  const { detections, frames: pictured } = await reading(() => findFaces(source, video, config.every));
  if (pictured < FEWEST_FRAMES) {
    throw new Reject("too-short", `${pictured} frames at ${FRAME_RATE} frames/s, ${FEWEST_FRAMES} needed`);
  }
  const frames = Math.min(pictured, Math.floor(sound.length / SAMPLES_A_FRAME));
  const cut = pictured / FRAME_RATE - sound.length / SAMPLE_RATE;
  if (frames < FEWEST_FRAMES) {
    throw new Reject("sound-short", `the sound ends ${cut.toFixed(2)} s early, ${frames} frames are left`);
  }

  const { width, height } = video;
  const looks = detections.slice(0, Math.ceil(frames / config.every));
  const track = trackSpeaker(looks, { frames, every: config.every, width, height, fps: FRAME_RATE });
  if ("reason" in track) throw new Reject(track.reason, track.detail);

  // Before the first and after the last sighting there may be no face: those frames are left out.
  const [first, last] = track.seen;
  const count = last - first + 1;
  if (count < FEWEST_FRAMES) throw new Reject("face-lost", `the face is there for ${count} frames`);
  const boxes = track.boxes.slice(4 * first, 4 * (last + 1));
  const jpegs = await reading(() =>
    cutFaces(source, { width, height, first, boxes, quality: config.quality })
  );
  const heard = sound.subarray(first * SAMPLES_A_FRAME, (last + 1) * SAMPLES_A_FRAME);

  const duration = Math.max(pictured / FRAME_RATE, sound.length / SAMPLE_RATE);
  const said = transcriptWithin(await readTranscript(transcript, duration), {
    start: first / FRAME_RATE,
    end: (last + 1) / FRAME_RATE,
    duration,
  });

  const notes: string[] = [];
  if (cut > NOTED_CUT) notes.push(`sound ends ${cut.toFixed(2)} s before the picture: frames cut to it`);
  if (count < frames) notes.push(`face seen in frames ${first} to ${last} of ${frames}: the others left out`);
  if (said.note) notes.push(said.note);
  const row: ClipRow = {
    id,
    source,
    speaker: id.split("/")[0],
    frames: count,
    duration_s: count / FRAME_RATE,
    fps_in: video.fps,
    ...boxStatistics(boxes),
    detection_rate: track.detectionRate,
    score_mean: track.score,
    sound_rms_db: level,
    text: said.text,
    words: said.words.length,
    note: notes.join("; "),
  };
  await writeClip(target, {
    row,
    stamp,
    firstFrame: first,
    words: said.words,
    jpegs,
    mel: melSpectrogram(heard),
    sound: toInt16(heard),
    boxes,
    mouth: track.mouth.slice(2 * first, 2 * (last + 1)),
  });
  return row;
}

/**
 * Makes one clip's file: sound and mel, face crops as JPEG, boxes and mouth opening. The video is read twice,
 * streamed both times: once to find the faces, once to cut them.
 * @returns the clip's row, or why it is rejected; faults of the machine (a full disk) are thrown as KitError
 */
export async function prepareClip(job: ClipJob): Promise<{ row: ClipRow } | Rejection> {
  return await orRejection(() => make(job));
}
