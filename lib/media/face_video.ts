import { KitError } from "../base/errors.ts";
import { detectFaces } from "./face_detector.ts";
import type { Face } from "./landmarks.ts";
import { type SpeakerTrack, trackSpeaker } from "./face_track.ts";
import { decodeFrames } from "./decode.ts";
import { probe } from "./probe.ts";

/** Faces are looked for in frames no larger than this: finer ones only cost time. */
const DETECTION_SIZE = 960;
/** Faces are looked for in every so many frames; between them the box is interpolated. */
const EVERY = 5;

/**
 * The faces of every `every`th frame of a video, in source pixels, and the count of its frames at 25 frames/s.
 * The video is streamed; `onFrame` is shown every frame as it passes, at the size the faces are looked for in.
 */
export async function findFaces(
  source: string,
  video: { width: number; height: number },
  { every, onFrame }: {
    every: number;
    onFrame?: (frame: Uint8Array, width: number, height: number) => void;
  },
): Promise<{ detections: Face[][]; frames: number }> {
  const shrink = Math.min(1, DETECTION_SIZE / Math.max(video.width, video.height));
  const width = Math.round(video.width * shrink), height = Math.round(video.height * shrink);
  const back = [video.width / width, video.height / height];
  const detections: Face[][] = [];
  let frames = 0;
  for await (const frame of decodeFrames(source, { width, height })) {
    onFrame?.(frame, width, height);
    if (frames++ % every !== 0) continue;
    const faces = await detectFaces(frame, width, height);
    for (const { box, landmarks } of faces) {
      for (let i = 0; i < landmarks.length; i++) landmarks[i] *= back[i % 2];
      for (let i = 0; i < box.length; i++) box[i] *= back[i % 2];
    }
    detections.push(faces);
  }
  return { detections, frames };
}

/** A video's size and the boxes of its speaker's face. */
export interface FollowedFace extends SpeakerTrack {
  width: number;
  height: number;
  frames: number;
}

/**
 * Follows the speaker's face through a video.
 * Throws KitError when the video cannot be read or has no face that can be followed.
 */
export async function followFace(source: string): Promise<FollowedFace> {
  const { video } = await probe(source);
  if (!video) throw new KitError(`${source} has no video`, "Give a film that shows a face");
  const { detections, frames } = await findFaces(source, video, { every: EVERY });
  const { width, height } = video;
  const track = trackSpeaker(detections, { frames, every: EVERY, width, height });
  if ("reason" in track) {
    throw new KitError(
      `No face can be followed through ${source}: ${track.detail}`,
      "Give a film in which one face is seen from the front, large enough, all the time",
    );
  }
  return { ...track, width, height, frames };
}
