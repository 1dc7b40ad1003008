import { join } from "node:path";
import { FACE_SIZE, FRAME_RATE, SAMPLE_RATE, SAMPLES_A_FRAME } from "../base/shapes.ts";
import { decodeAudio } from "../media/decode.ts";
import { cropFace } from "../media/face_crop.ts";
import { cropLandmarks } from "../media/face_detector.ts";
import { joined, mouthMotion } from "../media/face_track.ts";
import { encodeJpeg } from "../media/jpeg.ts";
import { findShots, thumbnailOf } from "../media/shots.ts";
import { tf } from "../native/tf.ts";
import { type ClipJob, type Excerpt, FEWEST_FRAMES } from "./excerpt.ts";
import { NUMBERED_IMAGE } from "./layouts/listing.ts";
import { checkAudio, reading, Reject } from "./rejection.ts";

/** Audio and images may end this far apart, in seconds, or by this share of the length. */
const APART_SECONDS = 0.5, APART_SHARE = 0.05;

interface NumberedImage {
  number: number;
  name: string;
}

/** The numbered images of a folder in their order. */
async function imagesOf(folder: string): Promise<NumberedImage[]> {
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
function longestRun(images: NumberedImage[]): NumberedImage[] {
  let best: NumberedImage[] = [], start = 0;
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
    const { pixels, width, height } = await readImage(path), box = [0, 0, width, height];
    jpegs.push(encodeJpeg(cropFace(pixels, width, height, box), { size: FACE_SIZE, quality }));
    boxes.set(box, 4 * t);
    thumbnails.push(thumbnailOf(pixels, width, height));
    if (t % every === 0) landmarks.push(await cropLandmarks(pixels, width, height));
  }
  const samples = landmarks.map((_, sample) => sample);
  return {
    change: Math.max(...findShots(thumbnails).differences),
    data: {
      jpegs,
      boxes,
      mouth: mouthMotion(samples, landmarks, { every, frames: paths.length }),
      measured: samples.map((sample) => sample * every),
      landmarks: joined(landmarks),
      words: [],
    },
  };
}

/**
 * The one excerpt of a folder of Wav2Lip's: crops numbered by their frames at 25 frames/s, resized to 96 x 96 without
 * looking for faces, and audio.wav. Of crops with gaps the longest run is taken, with its audio.
 * Throws Reject when nothing can be made of it.
 */
export async function* cropExcerpts({ id, source, config }: ClipJob): AsyncGenerator<Excerpt> {
  const images = await imagesOf(source), run = longestRun(images);
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
  const heard = run.filter(({ number }) => (number + 1) * SAMPLES_A_FRAME <= audio.length);
  if (heard.length < FEWEST_FRAMES) {
    throw new Reject("too-short", `${heard.length} crops in a row with sound, ${FEWEST_FRAMES} needed`);
  }
  const first = heard[0].number, last = heard.at(-1)!.number, notes: string[] = [];
  if (heard.length < images.length || first > 0) {
    notes.push(`crops of frames ${first} to ${last} of ${pictured}: the others are missing or beyond a gap`);
  }
  if (-cut > noted) notes.push(`the sound goes on ${(-cut).toFixed(2)} s after the last crop`);
  const { change, data } = await readCrops(heard.map(({ name }) => join(source, name)), config);
  yield {
    facts: {
      id,
      part: 0,
      first_frame: first,
      fps_in: FRAME_RATE,
      detection_rate: images.length / pictured,
      score_mean: 1, // whoever made the crops was sure of them
      sound_rms_db: level,
      shot_change_most: change,
      text: "",
    },
    data,
    audio: audio.subarray(first * SAMPLES_A_FRAME, (last + 1) * SAMPLES_A_FRAME),
    notes,
  };
}
