import { FRAME_RATE } from "../base/shapes.ts";
import { earDistance, type Face, faceAnchor, mouthOpening, overlap } from "./landmarks.ts";

/** What is known of the speaker's face over a whole video of T frames. */
export interface SpeakerTrack {
  /** Steady crop boxes, x0, y0, x1, y1 in source pixels: [T, 4]. */
  boxes: Float32Array;
  /** Inner-lip gap and mouth width over face height, interpolated between the measured frames: [T, 2]. */
  mouth: Float32Array;
  /** The first and last frame in which the speaker was seen; before and after, the box is only held. */
  seen: [number, number];
  /** Share of the sampled frames in which the speaker was found. */
  detectionRate: number;
  /** Mean confidence of the detector. */
  score: number;
  /** The n frames in which the speaker's face was measured, and its landmarks there, [n, 136] in source pixels. */
  measured: number[];
  landmarks: Float32Array;
}

/** Why no speaker could be followed. */
export interface TrackFault {
  reason: "no-face" | "face-lost" | "several-faces";
  detail: string;
}

/** A video of `frames` frames, in which faces were looked for on every so many frames from frame 0 on. */
interface Sampling {
  frames: number;
  every: number;
}

/** Two sightings that overlap less than this are two people (one may be 0.2 s after the other). */
const SAME_TRACK = 0.2;
/** The chosen face must outweigh the next one by this factor. */
const DOMINANCE = 1.5;
/** Least share of the sampled frames in which the face must be found, and the longest time without it, in seconds. */
const LEAST_RATE = 0.8, LONGEST_GAP = 1;
/** What the crop adds to the landmarks' box, in heights of it: a strip of forehead, and room for a lowered jaw. */
const PAD = { top: 0.04, bottom: 0.12 };

/** The sightings of one face: which of the sampled frames it was found in, and what it was like there. */
interface Track {
  samples: number[];
  faces: Face[];
}

/** Joins the sightings of each face over time: greedy, best overlap first, however long it was away. */
function joinTracks(detections: Face[][]): Track[] {
  const tracks: Track[] = [];
  detections.forEach((faces, sample) => {
    const pairs: { track: Track; face: Face; shared: number }[] = [];
    for (const track of tracks) {
      for (const face of faces) {
        const shared = overlap(track.faces.at(-1)!.box, face.box);
        if (shared > SAME_TRACK) pairs.push({ track, face, shared });
      }
    }
    pairs.sort((a, b) => b.shared - a.shared);
    const taken = new Set<Face>();
    for (const { track, face } of pairs) {
      if (taken.has(face) || track.samples.at(-1) === sample) continue;
      track.samples.push(sample);
      track.faces.push(face);
      taken.add(face);
    }
    for (const face of faces) if (!taken.has(face)) tracks.push({ samples: [sample], faces: [face] });
  });
  return tracks;
}

/** How much a track looks like the speaker's: size x nearness to the middle x sureness, summed over its sightings. */
function weigh(track: Track, width: number, height: number): number {
  let sum = 0;
  for (const { box, score } of track.faces) {
    const x = (box[0] + box[2]) / 2 / width - 0.5, y = (box[1] + box[3]) / 2 / height - 0.5;
    const central = 1 - Math.min(1, Math.hypot(x, y));
    sum += (box[2] - box[0]) * (box[3] - box[1]) * central * score;
  }
  return sum;
}

/** Values at sampled frames -> one value a frame: linear between them, held at both ends. */
function interpolate(samples: number[], values: number[], { every, frames }: Sampling): Float32Array {
  const out = new Float32Array(frames);
  let k = 0;
  for (let t = 0; t < frames; t++) {
    while (k < samples.length - 1 && samples[k + 1] * every <= t) k++;
    const from = samples[k] * every, to = k + 1 < samples.length ? samples[k + 1] * every : from;
    const share = t <= from || to === from ? 0 : (t - from) / (to - from);
    out[t] = share === 0 ? values[k] : values[k] + share * (values[k + 1] - values[k]);
  }
  return out;
}

/** Inner-lip gap and mouth width over face height in every frame: [frames, 2], from landmarks of some. */
export function mouthMotion(samples: number[], landmarks: Float32Array[], sampling: Sampling): Float32Array {
  const openings = landmarks.map(mouthOpening), mouth = new Float32Array(2 * sampling.frames);
  for (
    const [side, values] of [openings.map(({ gap }) => gap), openings.map(({ width }) => width)].entries()
  ) {
    interpolate(samples, values, sampling).forEach((value, t) => mouth[2 * t + side] = value);
  }
  return mouth;
}

/** The landmarks of n faces one after the other: [n, 136]. */
export function joined(landmarks: Float32Array[]): Float32Array {
  const all = new Float32Array(136 * landmarks.length);
  landmarks.forEach((face, k) => all.set(face, 136 * k));
  return all;
}

/** Median over 2 r + 1 neighbours (fewer at the ends): one odd value leaves no trace. */
function runningMedian(values: number[], radius: number): number[] {
  return values.map((_, i) => {
    const near = values.slice(Math.max(0, i - radius), i + radius + 1).sort((a, b) => a - b);
    const middle = near.length >> 1;
    return near.length % 2 ? near[middle] : (near[middle - 1] + near[middle]) / 2;
  });
}

/** Mean over 2 r + 1 neighbours, the window shrinking evenly at the ends so that a steady motion stays exact. */
function runningMean(values: Float32Array, radius: number): Float32Array {
  return values.map((_, i) => {
    const reach = Math.min(radius, i, values.length - 1 - i);
    let sum = 0;
    for (let k = i - reach; k <= i + reach; k++) sum += values[k];
    return sum / (2 * reach + 1);
  });
}

/**
 * Crop boxes of the chosen track. Their place follows eyes and nose (smoothed over 9 frames), their size the distance
 * from ear to ear (over 1 s); how far the box reaches from there, in ear distances, is a median over 10 s. So a
 * moving jaw neither shakes nor scales the crop, and the upper half of the crop tells nothing about the mouth.
 */
function steadyBoxes({ samples, faces }: Track, sampling: Sampling): Float32Array {
  const { frames, every } = sampling;
  const smooth = (values: number[], seconds: number) => {
    const radius = Math.round((seconds * FRAME_RATE) / 2);
    const calm = runningMedian(values, Math.max(1, Math.round(radius / every)));
    return runningMean(interpolate(samples, calm, sampling), radius);
  };
  const anchors = faces.map((face) => faceAnchor(face.landmarks));
  const sizes = faces.map((face) => earDistance(face.landmarks));
  const size = smooth(sizes, 1);
  const boxes = new Float32Array(frames * 4);
  for (let side = 0; side < 4; side++) {
    const place = smooth(anchors.map((anchor) => anchor[side % 2]), 0.32);
    const reach = smooth(faces.map((face, i) => (face.box[side] - anchors[i][side % 2]) / sizes[i]), 10);
    for (let t = 0; t < frames; t++) boxes[t * 4 + side] = place[t] + reach[t] * size[t];
  }
  for (let i = 0; i < boxes.length; i += 4) {
    const faceHeight = boxes[i + 3] - boxes[i + 1];
    boxes[i + 1] -= PAD.top * faceHeight;
    boxes[i + 3] += PAD.bottom * faceHeight;
  }
  return boxes;
}

/**
 * Follows the speaker's face: joins sightings by overlap, takes the largest, most central and most lasting face,
 * fills gaps up to a second and returns a steady crop box for every frame, or the reason why not:
 * "no-face" (never found), "face-lost" (found too seldom or away too long), "several-faces" (none stands out).
 * The crop is the landmarks' box with 4 % of its height added above and 12 % below: the mouth lies in its lower
 * half and the chin stays inside when the jaw drops.
 * @param detections the faces of every sampled frame: frames 0, every, 2 every, ...
 */
export function trackSpeaker(
  detections: Face[][],
  { width, height, ...sampling }: Sampling & { width: number; height: number },
): SpeakerTrack | TrackFault {
  const { frames, every } = sampling, last = detections.length - 1;
  const tracks = joinTracks(detections).map((track) => ({ ...track, weight: weigh(track, width, height) }))
    .sort((a, b) => b.weight - a.weight);
  if (tracks.length === 0) {
    return { reason: "no-face", detail: `no face in ${detections.length} frames looked at` };
  }
  const [best, next] = tracks, { samples, faces } = best;
  if (next && best.weight < DOMINANCE * next.weight && samples.some((one) => next.samples.includes(one))) {
    const share = (best.weight / next.weight).toFixed(2);
    return {
      reason: "several-faces",
      detail: `two faces are alike in size, place and duration (ratio ${share}, ${DOMINANCE} needed)`,
    };
  }
  const detectionRate = samples.length / detections.length, lastSample = samples.at(-1)!;
  const gaps = samples.map((sample, i) => sample - (i ? samples[i - 1] : -1) - 1);
  const longest = (Math.max(...gaps, last - lastSample) * every) / FRAME_RATE;
  if (detectionRate < LEAST_RATE || longest > LONGEST_GAP) {
    const found = `${samples.length} of ${detections.length} frames looked at`;
    return { reason: "face-lost", detail: `face found in ${found}, longest gap ${longest.toFixed(1)} s` };
  }
  const landmarks = faces.map((face) => face.landmarks);
  return {
    boxes: steadyBoxes(best, sampling),
    mouth: mouthMotion(samples, landmarks, sampling),
    // The frames after the last sampled one belong to it.
    seen: [samples[0] * every, lastSample === last ? frames - 1 : lastSample * every],
    detectionRate,
    score: faces.reduce((sum, face) => sum + face.score, 0) / faces.length,
    measured: samples.map((sample) => sample * every),
    landmarks: joined(landmarks),
  };
}
