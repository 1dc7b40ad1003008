import { join } from "node:path";
import { FRAME_RATE, SAMPLE_RATE, SAMPLES_A_FRAME } from "../base/shapes.ts";
import type { Face } from "../media/landmarks.ts";
import { type SpeakerTrack, trackSpeaker } from "../media/face_track.ts";
import { findFaces } from "../media/face_video.ts";
import { decodeInt16 } from "../media/decode.ts";
import { fromInt16, toInt16 } from "../media/audio.ts";
import { probe } from "../media/probe.ts";
import { melSpectrogram } from "../media/mel.ts";
import { findShots, type Shots, thumbnailOf } from "../media/shots.ts";
import { boxStatistics, checkAudio, FEWEST_FRAMES } from "./clip_facts.ts";
import { type ClipConfig, clipPath, type Stamp } from "../dataset/clip_file.ts";
import { cutFaces } from "./cut_faces.ts";
import { splitVideo, type VideoPart } from "./video_parts.ts";
import type { SourceClip } from "./layouts/layouts.ts";
import type { ClipRow, VideoFacts } from "../dataset/manifest.ts";
import { orRejection, type Outcome, reading, Reject } from "./rejection.ts";
import { readTranscript, type Transcript, transcriptWithin } from "../dataset/words.ts";
import { measureFile, writeClip } from "./write_clip.ts";

/** Sound that ends this much before the image is worth a note, in seconds. */
const NOTED_CUT = 0.5;

/** One video to prepare, or the clips of one to measure again. */
export interface ClipJob {
  /** "speaker/clip". */
  id: string;
  /** What the names of its parts begin with, should it be split; the id, unless another clip is called so. */
  stem: string;
  kind: SourceClip["kind"];
  /** Path of the video, or of the folder of its crops. */
  source: string;
  transcript?: SourceClip["transcript"];
  /** The prepared folder. */
  out: string;
  config: ClipConfig;
  stamp: Stamp;
  /** Ids of clips that are there and lack only numbers that their own files tell. */
  measure?: string[];
}

/** What became of a video: a clip, a clip for each of its parts, or the reasons why not. */
export type PreparedVideo = Outcome<ClipRow>;

/** Size and frame rate of the image, once it is sure that there are image and sound. */
async function examine(source: string) {
  const { video, audio } = await probe(source);
  if (!video) throw new Reject("not-a-video", "it holds no picture");
  if (!audio) throw new Reject("no-sound", "it holds no sound");
  return video;
}

/** A video after its first reading. */
interface Video {
  width: number;
  height: number;
  fps: number;
  audio: Int16Array;
  /** Faces on the frames 0, every, 2 every, ... */
  detections: Face[][];
  shots: Shots;
  /** Frames that have both image and sound, and by how much the sound ends early, in seconds. */
  frames: number;
  cut: number;
  duration: number;
}

/** First reading: sound, faces and shot changes. */
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
  heard: Float32Array;
  level: number;
}

/** Follows the speaker through one part; throws Reject when that cannot be done. */
function follow(id: string, part: VideoPart, { video, every }: { video: Video; every: number }): Followed {
  const { width, height, detections, audio } = video;
  const frames = part.end - part.first;
  if (frames < FEWEST_FRAMES) {
    throw new Reject("too-short", `${frames} frames of one shot, ${FEWEST_FRAMES} needed (${part.note})`);
  }
  const sampled = detections.slice(part.first / every, Math.ceil(part.end / every));
  const track = trackSpeaker(sampled, { frames, every, width, height });
  if ("reason" in track) throw new Reject(track.reason, track.detail);
  // Before the first and after the last sighting there may be no face: those frames are left out.
  const [first, last] = track.seen, count = last - first + 1;
  if (count < FEWEST_FRAMES) throw new Reject("face-lost", `the face is there for ${count} frames`);
  const from = part.first + first, to = part.first + last;
  const heard = fromInt16(audio.subarray(from * SAMPLES_A_FRAME, (to + 1) * SAMPLES_A_FRAME));
  const level = checkAudio(heard);
  return { id, part, first: from, last: to, track, heard, level };
}

/** The manifest's facts of a clip, and its sound, boxes, mouth and landmarks. */
function clipOf(
  { id, part, first, last, track, heard, level }: Followed,
  { source, video, said }: { source: string; video: Video; said: Transcript },
) {
  const count = last - first + 1, [seen, unseen] = track.seen;
  const notes = [part.note];
  if (video.cut > NOTED_CUT) {
    notes.push(`sound ends ${video.cut.toFixed(2)} s before the picture: frames cut to it`);
  }
  if (count < part.end - part.first) {
    notes.push(`face seen in frames ${first} to ${last} of ${video.frames}: the others left out`);
  }
  notes.push(said.note);
  const boxes = track.boxes.slice(4 * seen, 4 * (unseen + 1));
  const changes = video.shots.differences.subarray(first + 1, last + 1);
  const facts: VideoFacts = {
    id,
    source,
    speaker: id.split("/")[0],
    part: part.part,
    first_frame: first,
    frames: count,
    duration_s: count / FRAME_RATE,
    fps_in: video.fps,
    ...boxStatistics(boxes),
    detection_rate: track.detectionRate,
    score_mean: track.score,
    sound_rms_db: level,
    shot_change_most: changes.reduce((most, change) => Math.max(most, change), 0),
    text: said.text,
    words: said.words.length,
    note: notes.filter((words) => words !== "").join("; "),
  };
  const data = {
    words: said.words,
    mel: melSpectrogram(heard),
    audio: toInt16(heard),
    boxes,
    mouth: track.mouth.slice(2 * seen, 2 * (unseen + 1)),
    measured: track.measured.map((frame) => frame - seen),
    landmarks: track.landmarks,
  };
  return { facts, data };
}

async function make(job: ClipJob): Promise<PreparedVideo> {
  const { id, stem, source, transcript, out, config, stamp } = job;
  const video = await watch(job);
  const { starts } = video.shots;
  if (config.cuts === "reject" && starts.length > 0) {
    const times = starts.map((start) => `${(start / FRAME_RATE).toFixed(2)} s`).join(", ");
    throw new Reject("shot-change", `the shot changes at ${times}`);
  }
  const { frames } = video, { every } = config;
  const parts = splitVideo({ frames, starts: config.cuts === "split" ? starts : [], every });
  const made: PreparedVideo = { rows: [], rejects: [] }, followed: Followed[] = [];
  for (const part of parts) {
    const name = part.part === 0 ? id : `${stem}_${part.part}`;
    try {
      followed.push(follow(name, part, { video, every }));
    } catch (error) {
      if (!(error instanceof Reject)) throw error;
      made.rejects.push({ id: name, reason: error.reason, detail: error.detail });
    }
  }
  // Second reading: the parts' crops, one part after the other.
  const stretches = followed.map(({ first, last, track: { boxes, seen } }) => ({
    first,
    boxes: boxes.subarray(4 * seen[0], 4 * (seen[0] + last - first + 1)),
  }));
  const crops = cutFaces(source, stretches, { ...video, quality: config.quality });
  const whole = await readTranscript(transcript, video.duration);
  for (const each of followed) {
    const { value: jpegs } = await reading(() => crops.next());
    const span = {
      start: each.first / FRAME_RATE,
      end: (each.last + 1) / FRAME_RATE,
      duration: video.duration,
    };
    const { facts, data } = clipOf(each, { source, video, said: transcriptWithin(whole, span) });
    made.rows.push(
      await writeClip(join(out, clipPath(each.id)), { facts, data: { ...data, jpegs: jpegs! }, stamp }),
    );
  }
  return made;
}

/**
 * Makes the file of one clip, or one for each shot of a video that changes shots: sound and mel, face crops as JPEG,
 * boxes, landmarks and mouth opening. The video is read twice, streamed both times: once to find the faces, once to
 * cut them.
 * @returns the clips' rows, and why others are rejected; faults of the machine (a full disk) are thrown as KitError
 */
export async function prepareClip(job: ClipJob): Promise<PreparedVideo> {
  return await orRejection(job.id, () => make(job));
}

/** Measures clips again that are there and lack only numbers that their own files tell; no video is opened. */
export async function measureAgain({ out }: ClipJob, ids: string[]): Promise<PreparedVideo> {
  const rows: ClipRow[] = [];
  for (const id of ids) rows.push(await measureFile(join(out, clipPath(id))));
  return { rows, rejects: [] };
}
