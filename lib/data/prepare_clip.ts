import { readHeader, writeSafetensors } from "../weights/safetensors.ts";
import { KitError } from "../errors.ts";
import { decodeFrames, decodeSound, type MediaInfo, probe } from "../media/ffmpeg.ts";
import { cropFace, detectFaces, type Face, FACE_SIZE, trackSpeaker } from "../media/face.ts";
import { MEL_BANDS, melSpectrogram } from "../media/mel.ts";
import { tf } from "../tf.ts";
import { type ManifestRow, PREPARED_VERSION } from "./manifest.ts";

const FPS = 25, SAMPLE_RATE = 16_000;
const SAMPLES_A_FRAME = SAMPLE_RATE / FPS;
const JPEG_QUALITY = 95;
/** Fewer frames than this hold no window to learn from. */
const FEWEST_FRAMES = 15;
/** A sound below this level, in dB of full scale, is silence. */
const SILENCE_DB = -60;
/** Sound that ends this much before the picture is worth a note, in seconds. */
const NOTED_CUT = 0.5;
/** Faces are looked for in frames no larger than this: finer ones only cost time. */
const LOOK_SIZE = 960;

/** What changes the content of a clip's file, and so is written into it. */
export interface ClipConfig {
  /** A face is looked for on every so many frames. */
  every: number;
}

export type RejectReason =
  | ("not-readable" | "not-a-video" | "truncated" | "no-sound" | "silent" | "no-face" | "face-lost")
  | ("several-faces" | "too-short" | "sound-short" | "crashed");

export interface Rejection {
  reason: RejectReason;
  detail: string;
}

/** A manifest row without what only the whole data set decides. */
export type ClipRow = Omit<ManifestRow, "split" | "path">;

/** Thrown inside this file only: the clip is to be rejected. */
class Reject extends Error {
  constructor(readonly reason: RejectReason, readonly detail: string) {
    super(detail);
  }
}

async function examine(source: string): Promise<MediaInfo & { video: NonNullable<MediaInfo["video"]> }> {
  try {
    (await Deno.open(source)).close();
  } catch (error) {
    throw new Reject("not-readable", (error as Error).message);
  }
  let info: MediaInfo;
  try {
    info = await probe(source);
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    throw new Reject(
      /truncated|cut short|cut off/i.test(error.what) ? "truncated" : "not-a-video",
      error.what,
    );
  }
  if (!info.video) throw new Reject("not-a-video", "it holds no picture");
  if (!info.audio) throw new Reject("no-sound", "it holds no sound");
  return { ...info, video: info.video };
}

/** Level of a sound in dB of full scale: 20 log10 of the root mean square. */
function levelOf(sound: Float32Array): number {
  let sum = 0;
  for (const sample of sound) sum += sample * sample;
  return 10 * Math.log10(Math.max(sum / Math.max(1, sound.length), 1e-12));
}

/** First reading of the video: the faces of every `every`th frame, in source pixels, and the count of frames. */
async function findFaces(source: string, video: { width: number; height: number }, every: number) {
  const shrink = Math.min(1, LOOK_SIZE / Math.max(video.width, video.height));
  const width = Math.round(video.width * shrink), height = Math.round(video.height * shrink);
  const detections: Face[][] = [];
  let frames = 0;
  for await (const frame of decodeFrames(source, { width, height, fps: FPS })) {
    if (frames++ % every !== 0) continue;
    const faces = await detectFaces(frame, width, height);
    for (const { box, landmarks } of faces) {
      for (let i = 0; i < 136; i++) landmarks[i] *= i % 2 ? video.height / height : video.width / width;
      for (let i = 0; i < 4; i++) box[i] *= i % 2 ? video.height / height : video.width / width;
    }
    detections.push(faces);
  }
  return { detections, frames };
}

/** Second reading: the crops of the first `frames` frames as JPEG, one after the other, and their byte offsets. */
async function cutFaces(
  source: string,
  { width, height, frames, boxes }: { width: number; height: number; frames: number; boxes: Float32Array },
) {
  const pictures: Uint8Array[] = [];
  const offsets = new BigInt64Array(frames + 1);
  let length = 0;
  for await (const frame of decodeFrames(source, { fps: FPS })) {
    const t = pictures.length;
    if (t === frames) break;
    const crop = cropFace(frame, width, height, boxes.subarray(4 * t, 4 * t + 4));
    const tensor = tf.tensor3d(crop, [FACE_SIZE, FACE_SIZE, 3], "int32");
    // Arguments: format, quality, progressive, optimise size, halve the colour's resolution.
    const jpeg = await tf.node.encodeJpeg(tensor, "rgb", JPEG_QUALITY, false, false, false);
    tensor.dispose();
    pictures.push(jpeg);
    offsets[t + 1] = BigInt(length += jpeg.length);
  }
  if (pictures.length < frames) {
    throw new Reject("truncated", `only ${pictures.length} of ${frames} frames came`);
  }
  const bytes = new Uint8Array(length);
  pictures.forEach((jpeg, t) => bytes.set(jpeg, Number(offsets[t])));
  return { bytes, offsets };
}

/** Means of the boxes for the manifest: centre and size in pixels, movement from frame to frame over size. */
function boxStatistics(boxes: Float32Array) {
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

/** What identifies a file made by this version with this configuration from this video. */
function stamp(config: ClipConfig, sourceBytes: number): Record<string, string> {
  return {
    version: String(PREPARED_VERSION),
    config: JSON.stringify(config),
    source_bytes: String(sourceBytes),
  };
}

async function make(
  job: { id: string; source: string; target: string; config: ClipConfig },
): Promise<ClipRow> {
  const { id, source, target, config } = job;
  const info = await examine(source);
  const { width, height } = info.video;
  const sound = await decodeSound(source);
  const level = levelOf(sound);
  if (sound.length === 0) throw new Reject("no-sound", "its sound track is empty");
  if (level < SILENCE_DB) {
    throw new Reject("silent", `the sound's level is ${level.toFixed(0)} dB of full scale`);
  }

  const { detections, frames: pictured } = await findFaces(source, info.video, config.every);
  if (pictured < FEWEST_FRAMES) {
    throw new Reject("too-short", `${pictured} frames at ${FPS} frames/s, ${FEWEST_FRAMES} needed`);
  }
  const frames = Math.min(pictured, Math.floor(sound.length / SAMPLES_A_FRAME));
  const cut = pictured / FPS - sound.length / SAMPLE_RATE;
  if (frames < FEWEST_FRAMES) {
    throw new Reject("sound-short", `the sound ends ${cut.toFixed(2)} s early, ${frames} frames are left`);
  }

  const looks = detections.slice(0, Math.ceil(frames / config.every));
  const track = trackSpeaker(looks, { frames, every: config.every, width, height, fps: FPS });
  if ("reason" in track) throw new Reject(track.reason, track.detail);
  const { bytes, offsets } = await cutFaces(source, { width, height, frames, boxes: track.boxes });

  const samples = sound.subarray(0, frames * SAMPLES_A_FRAME);
  const mel = melSpectrogram(samples);
  const row: ClipRow = {
    id,
    source,
    speaker: id.split("/")[0],
    frames,
    duration_s: frames / FPS,
    fps_in: info.video.fps,
    ...boxStatistics(track.boxes),
    detection_rate: track.detectionRate,
    score_mean: track.score,
    sound_rms_db: level,
    note: cut > NOTED_CUT ? `sound ends ${cut.toFixed(2)} s before the picture: frames cut to it` : "",
  };
  await writeSafetensors(target, {
    frames: { dtype: "U8", shape: [bytes.length], data: bytes },
    frame_offsets: { dtype: "I64", shape: [frames + 1], data: offsets },
    mel: { dtype: "F32", shape: [mel.length / MEL_BANDS, MEL_BANDS], data: mel },
    sound: {
      dtype: "I16",
      shape: [samples.length],
      data: Int16Array.from(samples, (s) => Math.max(-32768, Math.min(32767, Math.round(s * 32768)))),
    },
    boxes: { dtype: "F32", shape: [frames, 4], data: track.boxes },
    mouth: { dtype: "F32", shape: [frames, 2], data: track.mouth },
  }, {
    ...Object.fromEntries(Object.entries(row).map(([key, value]) => [key, String(value)])),
    ...stamp(config, (await Deno.stat(source)).size),
  });
  return row;
}

/**
 * Whether a file's stamp (its metadata, or a remembered rejection) is of this version, configuration and video.
 * The video is known by its size in bytes, so that a mended one is prepared again.
 */
export function isCurrent(held: Record<string, string>, config: ClipConfig, sourceBytes: number): boolean {
  return Object.entries(stamp(config, sourceBytes)).every(([key, value]) => held[key] === value);
}

/** The row of a clip that is already there and whole, or undefined. */
export async function readFinished(target: string, config: ClipConfig, bytes: number) {
  const header = await readHeader(target).catch(() => undefined);
  if (!header || !isCurrent(header.metadata, config, bytes)) return;
  const { metadata } = header;
  const row: Record<string, unknown> = {};
  for (const key of ["id", "source", "speaker", "note"]) row[key] = metadata[key];
  for (
    const key of [
      ...["frames", "duration_s", "fps_in", "box_x_mean", "box_y_mean", "box_size_mean", "box_jitter"],
      ...["detection_rate", "score_mean", "sound_rms_db"],
    ]
  ) row[key] = Number(metadata[key]);
  return row as unknown as ClipRow;
}

/**
 * Makes one clip's file: sound and mel, face crops as JPEG, boxes and mouth opening. The video is read twice,
 * streamed both times: once to find the faces, once to cut them.
 * @returns the clip's row, or why it is rejected; faults of the machine (a full disk) are thrown
 */
export async function prepareClip(
  job: { id: string; source: string; target: string; config: ClipConfig },
): Promise<{ row: ClipRow } | Rejection> {
  try {
    return { row: await make(job) };
  } catch (error) {
    if (error instanceof Reject) return { reason: error.reason, detail: error.detail };
    throw error;
  }
}
