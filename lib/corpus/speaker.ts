import { randomStream } from "../base/random.ts";
import type { Camera } from "./camera.ts";
import { type Appearance, sampleAppearance } from "./portrait/appearance.ts";
import type { Manner } from "./mouth.ts";
import type { Voice } from "./speech.ts";

/** A drawn person: what they look like, how they sound, how they move when they speak, and who films them. */
export interface Speaker {
  appearance: Appearance;
  voice: Voice;
  manner: Manner;
  /** Size of head movements, about 0.6 to 1.3. */
  liveliness: number;
  camera: Camera;
}

/** espeak-ng's English accents. */
const ACCENTS = ["", "-us", "-gb-scotland", "-gb-x-rp", "-gb-x-gbclan", "-029", "-gb-x-gbcwmd", "-us-nyc"];
/** espeak-ng's variants that sound like people, by the pitch they are made for. */
const HIGH = ["f1", "f2", "f3", "f4", "f5", "Annie", "belinda", "linda", "steph", "anika"];
const LOW = ["m1", "m2", "m3", "m4", "m6", "m7", "m8", "Michael", "Denis", "max", "Lee", "david"];

/** The speaker `index` of a corpus `seed`: a pure function, so that a corpus may grow without changing its people. */
export function sampleSpeaker(seed: number, index: number): Speaker {
  const appearance = sampleAppearance(seed, index), { uniform } = randomStream(seed, "speaker", index);
  const first = randomStream(seed, "voices").below(1000) + index;
  const high = appearance.feminine > 0.5, variants = high ? HIGH : LOW;
  // Neighbours differ in accent and variant, and no pair of them comes back before eighty people have spoken.
  const variant = 7 * first + 3 * Math.floor(first / ACCENTS.length);
  return {
    appearance,
    voice: {
      name: `en${ACCENTS[first % ACCENTS.length]}+${variants[variant % variants.length]}`,
      rate: uniform(148, 184) - 12 * appearance.age,
      pitch: Math.round(uniform(30, 65) + (high ? 8 : -6)),
      range: Math.round(uniform(35, 75)),
      tract: uniform(0.95, 1.05) + 0.03 * (0.5 - appearance.feminine),
      echo: uniform(0.05, 0.7),
      noise: uniform(-72, -56),
      level: uniform(-27, -21),
    },
    manner: {
      strength: uniform(0.92, 1.14),
      jaw: uniform(0.82, 1.15),
      smile: uniform(-0.1, 0.18),
      parted: Math.max(0, uniform(-0.03, 0.05)),
    },
    liveliness: uniform(0.65, 1.2),
    camera: { softness: uniform(0.03, 0.14), grain: uniform(1.6, 3.4) },
  };
}
