import { FACE_SIZE, FRAME_RATE, SAMPLE_RATE, SAMPLES_A_FRAME } from "../base/shapes.ts";
import { fromInt16 } from "../media/audio.ts";
import { decodeFrames, decodeInt16 } from "../media/decode.ts";
import { cropFace } from "../media/face_crop.ts";
import { type SpeakerTrack, trackSpeaker } from "../media/face_track.ts";
import { findFaces } from "../media/face_video.ts";
import { encodeJpeg } from "../media/jpeg.ts";
import type { Face } from "../media/landmarks.ts";
import { probe } from "../media/probe.ts";
import { findShots, type Shots, thumbnailOf } from "../media/shots.ts";
import { type ClipJob, type Excerpt, FEWEST_FRAMES } from "./excerpt.ts";
import { checkAudio, orRejection, reading, Reject, type Rejection } from "./rejection.ts";
import { readTranscript, type Transcript, transcriptWithin } from "./transcript.ts";
import { splitVideo, type VideoPart } from "./video_parts.ts";

/** Audio that ends this much before the image is worth a note, in seconds. */
const NOTED_CUT = 0.5;

/** A video after its first reading. */
interface Video {
  width: number;
  height: number;
  fps: number;
  audio: Int16Array;
  /** Faces on the frames 0, every, 2 every, ... */
  detections: Face[][];
  shots: Shots;
  /** Frames that have both image and audio, and by how much the audio ends early, in seconds. */
  frames: number;
  cut: number;
  duration: number;
}

/** Size and frame rate of the image, once it is sure that there are image and audio. */
async function examine(source: string) {
  const { video, audio } = await probe(source);
  if (!video) throw new Reject("not-a-video", "it holds no picture");
  if (!audio) throw new Reject("no-sound", "it holds no sound");
  return video;
}

/** First reading: audio, faces and shot changes. */
async function watch({ source, config }: ClipJob): Promise<Video> {
  const video = await reading(() => examine(source));
  const audio = await reading(() => decodeInt16(source));
  checkAudio(audio);
  const thumbnails: Uint8Array[] = [];
  const { detections, frames: pictured } = await reading(() =>
    findFaces(source, video, {
      every: config.every,
      onFrame: (frame, width, height) => thumbnails.push(thumbnailOf(frame, width, height)),
    })
  );
  if (pictured < FEWEST_FRAMES) {
    throw new Reject("too-short", `${pictured} frames at ${FRAME_RATE} frames/s, ${FEWEST_FRAMES} needed`);
  }
  const frames = Math.min(pictured, Math.floor(audio.length / SAMPLES_A_FRAME));
  const cut = pictured / FRAME_RATE - audio.length / SAMPLE_RATE;
  if (frames < FEWEST_FRAMES) {
    throw new Reject("sound-short", `the sound ends ${cut.toFixed(2)} s early, ${frames} frames are left`);
  }
  const duration = Math.max(pictured / FRAME_RATE, audio.length / SAMPLE_RATE);
  return { ...video, audio, detections, shots: findShots(thumbnails), frames, cut, duration };
}

/** A part of the video whose speaker is followed: frames `first` to `last` of the video become a clip. */
interface Followed {
  id: string;
  part: VideoPart;
  first: number;
  last: number;
  track: SpeakerTrack;
  /** Crop boxes of these frames. */
  boxes: Float32Array;
  audio: Float32Array;
  level: number;
}

/** Follows the speaker through one part; throws Reject when that cannot be done. */
function follow(id: string, part: VideoPart, { video, every }: { video: Video; every: number }): Followed {
  const { width, height, detections, audio: whole } = video, frames = part.end - part.first;
  if (frames < FEWEST_FRAMES) {
    throw new Reject("too-short", `${frames} frames of one shot, ${FEWEST_FRAMES} needed (${part.note})`);
  }
  const sampled = detections.slice(part.first / every, Math.ceil(part.end / every));
  const track = trackSpeaker(sampled, { frames, every, width, height });
  if ("reason" in track) throw new Reject(track.reason, track.detail);
  // Before the first and after the last sighting there may be no face: those frames are left out.
  const [seen, unseen] = track.seen, count = unseen - seen + 1;
  if (count < FEWEST_FRAMES) throw new Reject("face-lost", `the face is there for ${count} frames`);
  const first = part.first + seen, last = part.first + unseen;
  const audio = fromInt16(whole.subarray(first * SAMPLES_A_FRAME, (last + 1) * SAMPLES_A_FRAME));
  const boxes = track.boxes.slice(4 * seen, 4 * (unseen + 1));
  return { id, part, first, last, track, boxes, audio, level: checkAudio(audio) };
}

/**
 * Second reading: for each followed part, in the order of time, yields one JPEG for each of its frames. Only one part is
 * held. Throws Reject when the video ends early.
 */
async function* cutFaces(
  source: string,
  followed: Followed[],
  { width, height, quality }: { width: number; height: number; quality: number },
): AsyncGenerator<Uint8Array[]> {
  let position = 0, part = 0, jpegs: Uint8Array[] = [];
  if (followed.length === 0) return;
  for await (const frame of decodeFrames(source)) {
    const { first, boxes } = followed[part];
    if (position++ < first) continue;
    const box = boxes.subarray(4 * jpegs.length, 4 * jpegs.length + 4);
    jpegs.push(encodeJpeg(cropFace(frame, width, height, box), { size: FACE_SIZE, quality }));
    if (jpegs.length < boxes.length / 4) continue;
    yield jpegs;
    jpegs = [];
    if (++part === followed.length) return;
  }
  throw new Reject("damaged", `read again, it gave only ${position} frames`);
}

function excerptOf(
  { id, part, first, last, track, boxes, audio, level }: Followed,
  { video, said, jpegs }: { video: Video; said: Transcript; jpegs: Uint8Array[] },
): Excerpt {
  const [seen, unseen] = track.seen, notes = [part.note];
  if (video.cut > NOTED_CUT) {
    notes.push(`sound ends ${video.cut.toFixed(2)} s before the picture: frames cut to it`);
  }
  if (jpegs.length < part.end - part.first) {
    notes.push(`face seen in frames ${first} to ${last} of ${video.frames}: the others left out`);
  }
  const changes = video.shots.differences.subarray(first + 1, last + 1);
  return {
    facts: {
      id,
      part: part.part,
      first_frame: first,
      fps_in: video.fps,
      detection_rate: track.detectionRate,
      score_mean: track.score,
      sound_rms_db: level,
      shot_change_most: changes.reduce((most, change) => Math.max(most, change), 0),
      text: said.text,
    },
    data: {
      jpegs,
      boxes,
      mouth: track.mouth.slice(2 * seen, 2 * (unseen + 1)),
      measured: track.measured.map((frame) => frame - seen),
      landmarks: track.landmarks,
      words: said.words,
    },
    audio,
    notes: [...notes, said.note],
  };
}

/**
 * The excerpts of a video: one, or one for each of its shots, less the frames without a face; and why there is none of
 * a part. The video is read twice, streamed both times: once to find the faces, once to cut them.
 * Throws Reject when nothing can be made of it.
 */
export async function* videoExcerpts(job: ClipJob): AsyncGenerator<Excerpt | Rejection> {
  const { id, stem, source, transcript, config: { every, cuts, quality } } = job;
  const video = await watch(job), { starts } = video.shots;
  if (cuts === "reject" && starts.length > 0) {
    const times = starts.map((start) => `${(start / FRAME_RATE).toFixed(2)} s`).join(", ");
    throw new Reject("shot-change", `the shot changes at ${times}`);
  }
  const followed: Followed[] = [];
  for (const part of splitVideo({ frames: video.frames, starts: cuts === "split" ? starts : [], every })) {
    const name = part.part === 0 ? id : `${stem}_${part.part}`;
    const found = await orRejection(name, () => follow(name, part, { video, every }));
    if ("reason" in found) yield found;
    else followed.push(found);
  }
  const crops = cutFaces(source, followed, { ...video, quality }), { duration } = video;
  const whole = await readTranscript(transcript, duration);
  for (const each of followed) {
    const { value: jpegs } = await reading(() => crops.next());
    const span = { start: each.first / FRAME_RATE, end: (each.last + 1) / FRAME_RATE, duration };
    yield excerptOf(each, { video, said: transcriptWithin(whole, span), jpegs });
  }
}
