import { FRAME_RATE, SAMPLE_RATE, SAMPLES_A_FRAME } from "../base/shapes.ts";
import { randomStream } from "../base/random.ts";
import type { ClipPlan } from "./plan.ts";
import type { Pose } from "./face.ts";
import { headPoses } from "./motion.ts";
import { type MouthShape, mouthShapes } from "./mouth.ts";
import type { Speaker } from "./speaker.ts";
import { type Phoneme, recordInRoom, type Speech, type Word } from "./speech.ts";

/** No clip is longer than this, seconds, as in LRS2's main part. */
export const LONGEST = 6;

/** A clip before it is encoded, with the truth that video does not tell. */
export interface Performance {
  /** 16 kHz mono, 640 samples a frame. */
  audio: Float32Array;
  words: Word[];
  phonemes: Phoneme[];
  /** One a frame, 25 a second. */
  mouths: MouthShape[];
  poses: Pose[];
}

/**
 * Speaks a clip's text and decides the mouth, head and eyes of every frame; who would need more than 6 s speaks faster.
 * The same plan gives the same numbers.
 */
export async function perform(
  { seed, id, text }: ClipPlan,
  { voice, manner, liveliness }: Speaker,
  speech: Speech,
): Promise<Performance> {
  const rng = randomStream(seed, "clip", id), before = rng.uniform(0.2, 0.45), after = rng.uniform(0.25, 0.5);
  const longest = LONGEST - before - after;
  let rate = voice.rate * rng.uniform(0.95, 1.05), said = await speech.say(text, { ...voice, rate });
  const seconds = () => said.audio.length / SAMPLE_RATE;
  while (seconds() > longest) {
    rate *= 1.03 * seconds() / longest;
    said = await speech.say(text, { ...voice, rate });
  }
  const frames = Math.ceil((before + seconds() + after) * FRAME_RATE - 1e-6);
  const audio = new Float32Array(frames * SAMPLES_A_FRAME);
  audio.set(said.audio, Math.round(before * SAMPLE_RATE));
  recordInRoom(audio, { voice, seed: randomStream(seed, "room", id).below(2 ** 31) });
  const later = <T extends { start: number; end: number }>(items: T[]) =>
    items.map((item) => ({ ...item, start: item.start + before, end: item.end + before }));
  const phonemes = later(said.phonemes);
  const times = Array.from({ length: frames }, (_, frame) => (frame + 0.5) / FRAME_RATE); // mid exposure
  return {
    audio,
    phonemes,
    words: later(said.words),
    mouths: mouthShapes(phonemes, manner, times),
    poses: headPoses(phonemes, times, { seed: `${seed}/${id}`, liveliness }),
  };
}
