import { join } from "node:path";
import { FRAME_RATE, SAMPLE_RATE, SAMPLES_A_FRAME } from "../base/shapes.ts";
import { cropFace } from "../media/face_crop.ts";
import { cropLandmarks } from "../media/face_detector.ts";
import { joined, mouthMotion } from "../media/face_track.ts";
import { decodeAudio } from "../media/decode.ts";
import { toInt16 } from "../media/audio.ts";
import { melSpectrogram } from "../media/mel.ts";
import { findShots, thumbnailOf } from "../media/shots.ts";
import { tf } from "../native/tf.ts";
import { boxStatistics, checkAudio, FEWEST_FRAMES } from "./clip_facts.ts";
import { clipPath } from "../dataset/clip_file.ts";
import { encodeCrop } from "./cut_faces.ts";
import { NUMBERED_IMAGE } from "./layouts/listing.ts";
import type { VideoFacts } from "../dataset/manifest.ts";
import type { ClipJob, PreparedVideo } from "./prepare_clip.ts";
import { orRejection, reading, Reject } from "./rejection.ts";
import { writeClip } from "./write_clip.ts";

/** Sound and images may end this far apart, in seconds, or by this share of the length. */
const APART_SECONDS = 0.5, APART_SHARE = 0.05;

/** The numbers of a folder's images in order, with their file names. */
async function imageBatch(folder: string): Promise<{ number: number; name: string }[]> {
  const images = new Map<number, string>();
  try {
    for await (const { name } of Deno.readDir(folder)) {
      const number = NUMBERED_IMAGE.exec(name)?.[1];
      if (number !== undefined) images.set(Number(number), name);
    }
  } catch (error) {
    throw new Reject("not-readable", `${folder} cannot be read: ${(error as Error).message}`);
  }
  return [...images].map(([number, name]) => ({ number, name })).sort((a, b) => a.number - b.number);
}

/** The longest run of images whose numbers follow each other; Wav2Lip leaves out frames without a face. */
function longestRun<Raster extends { number: number }>(images: Raster[]): Raster[] {
  let best: Raster[] = [], start = 0;
  for (let i = 1; i <= images.length; i++) {
    if (i < images.length && images[i].number === images[i - 1].number + 1) continue;
    if (i - start > best.length) best = images.slice(start, i);
    start = i;
  }
  return best;
}

/** Reads an image as RGB [height, width, 3]. */
async function readImage(path: string) {
  let image;
  try {
    image = tf.node.decodeImage(await Deno.readFile(path), 3, "int32", false);
  } catch {
    throw new Reject("damaged", `${path} cannot be read as a picture`);
  }
  const [height, width] = image.shape, pixels = new Uint8Array(image.dataSync());
  image.dispose();
  return { pixels, width, height };
}

/** Reads the crops of a run: as JPEG 96 x 96, their boxes in their own pixels, landmarks, and the mouth's opening. */
async function readCrops(paths: string[], { every, quality }: { every: number; quality: number }) {
  const jpegs: Uint8Array[] = [], boxes = new Float32Array(4 * paths.length);
  const landmarks: Float32Array[] = [], thumbnails: Uint8Array[] = [];
  for (const [t, path] of paths.entries()) {
    const { pixels, width, height } = await readImage(path);
    jpegs.push(await encodeCrop(cropFace(pixels, width, height, [0, 0, width, height]), quality));
    boxes.set([0, 0, width, height], 4 * t);
    thumbnails.push(thumbnailOf(pixels, width, height));
    if (t % every === 0) landmarks.push(await cropLandmarks(pixels, width, height));
  }
  const samples = landmarks.map((_, sample) => sample);
  return {
    jpegs,
    boxes,
    mouth: mouthMotion(samples, landmarks, { every, frames: paths.length }),
    measured: samples.map((sample) => sample * every),
    landmarks: joined(landmarks),
    change: Math.max(...findShots(thumbnails).differences),
  };
}

async function make({ id, source, out, config, stamp }: ClipJob): Promise<PreparedVideo> {
  const images = await imageBatch(source), run = longestRun(images);
  const audio = await reading(() => decodeAudio(join(source, "audio.wav")));
  const level = checkAudio(audio);
  const pictured = (images.at(-1)?.number ?? -1) + 1, seconds = pictured / FRAME_RATE;
  const cut = seconds - audio.length / SAMPLE_RATE, noted = Math.max(APART_SECONDS, APART_SHARE * seconds);
  if (cut > noted) {
    const heard = (audio.length / SAMPLE_RATE).toFixed(2);
    throw new Reject(
      "sound-short",
      `${pictured} frames are ${
        seconds.toFixed(2)
      } s at ${FRAME_RATE} frames/s, but the sound has ${heard} s: ` +
        "the film had another rate, or lost sound",
    );
  }
  const kept = run.filter(({ number }) => (number + 1) * SAMPLES_A_FRAME <= audio.length);
  if (kept.length < FEWEST_FRAMES) {
    throw new Reject("too-short", `${kept.length} crops in a row with sound, ${FEWEST_FRAMES} needed`);
  }
  const first = kept[0].number, last = kept.at(-1)!.number;
  const { change, ...read } = await readCrops(
    kept.map(({ name }) => join(source, name)),
    config,
  );
  const heard = audio.subarray(first * SAMPLES_A_FRAME, (last + 1) * SAMPLES_A_FRAME);

  const notes: string[] = [];
  if (kept.length < images.length || first > 0) {
    notes.push(`crops of frames ${first} to ${last} of ${pictured}: the others are missing or beyond a gap`);
  }
  if (-cut > noted) notes.push(`the sound goes on ${(-cut).toFixed(2)} s after the last crop`);
  const facts: VideoFacts = {
    id,
    source,
    speaker: id.split("/")[0],
    part: 0,
    first_frame: first,
    frames: kept.length,
    duration_s: kept.length / FRAME_RATE,
    fps_in: FRAME_RATE,
    ...boxStatistics(read.boxes),
    detection_rate: images.length / pictured,
    score_mean: 1, // whoever made the crops was sure of them
    sound_rms_db: level,
    shot_change_most: change,
    text: "",
    words: 0,
    note: notes.join("; "),
  };
  const data = { ...read, words: [], mel: melSpectrogram(heard), audio: toInt16(heard) };
  return { rows: [await writeClip(join(out, clipPath(id)), { facts, data, stamp })], rejects: [] };
}

/**
 * Makes one clip's file from a folder of Wav2Lip's: crops numbered by their frames at 25 frames/s, resized to 96 x 96
 * without looking for faces, and audio.wav. Of crops with gaps the longest run is taken, with its sound.
 * @returns the clip's row, or why it is rejected; faults of the machine (a full disk) are thrown as KitError
 */
export async function prepareCrops(job: ClipJob): Promise<PreparedVideo> {
  return await orRejection(job.id, () => make(job));
}
