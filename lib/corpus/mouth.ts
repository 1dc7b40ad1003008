/**
 * From phonemes to the shape of a mouth, with coarticulation.
 *
 * Each sound has a target for every part of the mouth and a weight that says how much it cares. Targets are
 * blended by dominance functions that decay before and after the sound (Cohen and Massaro, "Modeling
 * coarticulation in synthetic visual speech", 1993); the contacts that hearers see (lips closed for p, b, m,
 * lip against teeth for f, v, teeth together for s, sh) are then imposed, since blending alone softens them.
 *
 * The targets follow textbook phonetics: the vowel chart (jaw and lips open from close to open vowels; spread
 * front, rounded back vowels), places of articulation (bilabial, labiodental, dental, alveolar ...), lip
 * rounding of w, r, sh and the back vowels, and its early onset. Their numbers are this project's own choice.
 */
import type { Phoneme } from "./speech.ts";

/** The parts of a mouth, each 0 to 1 unless said. */
export interface MouthShape {
  /** Gap between the lips: 0 closed, 1 as far as speech goes. */
  open: number;
  /** Corners of the mouth: -1 drawn in (rounded), 0 at rest, +1 spread. */
  width: number;
  /** Lips pushed forward. */
  round: number;
  /** How far the jaw has dropped. */
  jaw: number;
  /** Lips pressed on each other, as in m. */
  press: number;
  /** Lower lip under the upper teeth, as in f. */
  tuck: number;
  /** Tip of the tongue seen behind or between the teeth, as in l and th. */
  tongue: number;
}

/** A speaker's habits. */
export interface Manner {
  /** Size of all movements, about 0.85 to 1.15. */
  strength: number;
  /** Share of the jaw in opening, about 0.8 to 1.2. */
  jaw: number;
  /** Width of the mouth at rest and throughout, about -0.15 to 0.25 (smiling). */
  smile: number;
  /** Gap of the lips when silent, 0 to 0.06. */
  parted: number;
}

const CHANNELS = ["open", "width", "round", "jaw", "press", "tuck", "tongue"] as const;
/** Targets in the order of CHANNELS, then weights: of the opening (lips and jaw), of the width and rounding. */
type Row = [...target: [number, number, number, number, number, number, number], number, number];

const REST: Row = [0.02, 0, 0.05, 0.03, 0, 0, 0, 0.8, 0.6];
const SOUNDS: Record<string, Row> = {
  // vowels:  open width round jaw press tuck tongue, weights
  "i": [0.30, 0.90, 0, 0.22, 0, 0, 0.1, 0.9, 1],
  "ɪ": [0.42, 0.55, 0, 0.36, 0, 0, 0.1, 1, 0.8],
  "e": [0.52, 0.65, 0, 0.48, 0, 0, 0.1, 1.1, 0.9],
  "ɛ": [0.64, 0.50, 0, 0.62, 0, 0, 0, 1.2, 0.8],
  "æ": [0.88, 0.50, 0, 0.90, 0, 0, 0, 1.3, 0.8],
  "a": [1.00, 0.25, 0, 1.00, 0, 0, 0, 1.3, 0.8],
  "ɑ": [0.98, -0.05, 0.1, 1.00, 0, 0, 0, 1.3, 0.8],
  "ɐ": [0.56, 0.10, 0, 0.56, 0, 0, 0, 0.8, 0.6],
  "ʌ": [0.72, 0.10, 0, 0.72, 0, 0, 0, 1.1, 0.7],
  "ə": [0.42, 0.05, 0.05, 0.38, 0, 0, 0, 0.6, 0.4],
  "ɚ": [0.38, -0.25, 0.3, 0.34, 0, 0, 0, 0.8, 0.7],
  "ɜ": [0.46, -0.20, 0.25, 0.42, 0, 0, 0, 0.9, 0.8],
  "ɒ": [0.80, -0.35, 0.4, 0.84, 0, 0, 0, 1.2, 1],
  "ɔ": [0.66, -0.65, 0.7, 0.70, 0, 0, 0, 1.1, 1],
  "o": [0.48, -0.75, 0.8, 0.50, 0, 0, 0, 1, 1],
  "ʊ": [0.32, -0.70, 0.7, 0.34, 0, 0, 0, 0.9, 1],
  "u": [0.24, -1.00, 1, 0.24, 0, 0, 0, 1, 1.2],
  // lips
  "p": [0, 0, 0.1, 0.16, 1, 0, 0, 1.2, 0.15],
  "b": [0, 0, 0.1, 0.18, 0.9, 0, 0, 1.2, 0.15],
  "m": [0, 0.05, 0.1, 0.16, 1, 0, 0, 1.3, 0.15],
  "w": [0.13, -1.00, 1, 0.22, 0, 0, 0, 1.2, 1.4],
  "f": [0.16, 0.15, 0, 0.14, 0, 1, 0, 1.2, 0.4],
  "v": [0.17, 0.12, 0, 0.16, 0, 0.9, 0, 1.1, 0.4],
  // tongue at or between the teeth and behind them
  "θ": [0.26, 0.15, 0, 0.24, 0, 0, 1, 1, 0.4],
  "ð": [0.26, 0.12, 0, 0.24, 0, 0, 0.95, 0.9, 0.3],
  "l": [0.34, 0.15, 0, 0.30, 0, 0, 0.9, 0.7, 0.25],
  "n": [0.20, 0.15, 0, 0.18, 0, 0, 0.6, 0.8, 0.2],
  "t": [0.17, 0.20, 0, 0.16, 0, 0, 0.5, 0.8, 0.2],
  "d": [0.19, 0.18, 0, 0.18, 0, 0, 0.5, 0.8, 0.2],
  "s": [0.17, 0.40, 0, 0.08, 0, 0, 0.2, 1, 0.5],
  "z": [0.18, 0.38, 0, 0.10, 0, 0, 0.2, 1, 0.5],
  "ʃ": [0.28, -0.60, 0.85, 0.12, 0, 0, 0.1, 1, 1],
  "ɹ": [0.28, -0.50, 0.55, 0.24, 0, 0, 0.1, 0.8, 0.9],
  // back of the tongue and throat: the lips wait for their neighbours
  "j": [0.26, 0.50, 0, 0.22, 0, 0, 0.1, 0.7, 0.6],
  "k": [0.28, 0.10, 0, 0.26, 0, 0, 0, 0.4, 0.15],
  "ŋ": [0.28, 0.10, 0, 0.26, 0, 0, 0, 0.4, 0.15],
  "h": [0.40, 0.05, 0, 0.40, 0, 0, 0, 0.15, 0.05],
};
/** Symbols that look like another on the lips: each with the other one after it. */
const LIKE: Record<string, string> = Object.fromEntries(
  "ᵻɪ ɨɪ yu ʲj ʉu œɜ øɜ ɵʊ ʒʃ ɡk gk xk ʔh ɫl ɾd rɹ ɻɹ ʍw".split(" ").map((pair) => [...pair]),
);

/** Half of the time a contact is held, seconds: over 0.02, so that a video of 25 frames/s always shows it. */
const HOLD = 0.023;
/** Time to reach a contact and to leave it. */
const APPROACH = 0.055;
/** How long a target is felt before and after its sound, seconds: lips round early, other parts move late. */
const REACH = { opening: [0.036, 0.04], spread: [0.05, 0.05], rounded: [0.12, 0.07] };

interface Gesture {
  row: Row;
  start: number;
  end: number;
  /** More than 1 for stressed vowels. */
  stress: number;
}

/** The sounds a phoneme is made of, such as ["a", "ɪ"] for "ˈaɪ" and ["t", "ʃ"] for "tʃ"; unknown ones are left out. */
export function soundsOf(symbol: string): string[] {
  return [...symbol].map((letter) => LIKE[letter] ?? letter).filter((letter) => letter in SOUNDS);
}

function gesturesOf(phonemes: Phoneme[]): Gesture[] {
  const gestures: Gesture[] = [];
  const rest = (start: number, end: number) => gestures.push({ row: REST, start, end, stress: 1 });
  const first = phonemes[0]?.start ?? 0;
  rest(-1e9, first - 0.14);
  phonemes.forEach(({ symbol, start, end }, p) => {
    const sounds = soundsOf(symbol), vowel = "aeiouæɑɐʌəɚɛɜɪɒɔʊ".includes(sounds[0] ?? "-");
    const stress = vowel ? (symbol.includes("ˈ") ? 1.1 : symbol.includes("ˌ") ? 1 : 0.92) : 1;
    sounds.forEach((sound, i) => {
      const from = start + (end - start) * i / sounds.length, part = (end - start) / sounds.length;
      const margin = 0.2 * part; // the target holds in the middle of its time
      gestures.push({ row: SOUNDS[sound], start: from + margin, end: from + part - margin, stress });
    });
    const next = phonemes[p + 1]?.start ?? 1e9;
    if (next - end > 0.12) rest(end + 0.1, Math.max(end + 0.1, next - 0.14));
  });
  return gestures;
}

/** Dominance of a gesture at a time: 1 during it, decaying before and after. */
function dominance({ start, end }: Gesture, [lead, lag]: number[], time: number): number {
  if (time < start) return Math.exp((time - start) / lead);
  return time > end ? Math.exp((end - time) / lag) : 1;
}

/** 1 while a contact is held, easing to 0 around it. */
function contact(start: number, end: number, time: number): number {
  const away = Math.abs(time - (start + end) / 2) - Math.max(HOLD, (end - start) / 2);
  if (away <= 0) return 1;
  const left = Math.max(0, 1 - away / APPROACH);
  return left * left * (3 - 2 * left);
}

function imposeContacts(shape: MouthShape, phonemes: Phoneme[], time: number): void {
  for (const { symbol, start, end } of phonemes) {
    if (end < time - 0.12 || start > time + 0.12) continue;
    for (const sound of soundsOf(symbol)) {
      const held = contact(start, end, time);
      if ("pbm".includes(sound)) {
        shape.open *= 1 - held;
        shape.jaw = Math.min(shape.jaw, 1 - 0.7 * held);
        shape.press = Math.max(shape.press * held, 0.85 * held);
        shape.tongue *= 1 - held;
      } else if ("fv".includes(sound)) {
        shape.open = Math.min(shape.open, 1 - 0.84 * held);
        shape.jaw = Math.min(shape.jaw, 1 - 0.8 * held);
        shape.tuck = Math.max(shape.tuck, held);
      } else if ("szʃ".includes(sound)) {
        shape.jaw = Math.min(shape.jaw, 1 - 0.86 * held);
      }
    }
  }
}

/**
 * The shape of the mouth at each time (s) while the phonemes are spoken.
 * A bilabial closes the lips (`open` is 0) for at least 46 ms, so at 25 frames/s on at least one frame.
 */
export function mouthShapes(phonemes: Phoneme[], manner: Manner, times: number[]): MouthShape[] {
  const gestures = gesturesOf(phonemes);
  return times.map((time) => {
    const sums = new Float64Array(CHANNELS.length), weights = new Float64Array(CHANNELS.length);
    for (const gesture of gestures) {
      const { row, stress } = gesture;
      if (gesture.end < time - 0.6 || gesture.start > time + 0.6) continue;
      const opening = row[7] * dominance(gesture, REACH.opening, time) + 1e-9;
      const reach = row[2] > 0.5 ? REACH.rounded : REACH.spread;
      const rounding = row[8] * dominance(gesture, reach, time) + 1e-9;
      for (let c = 0; c < CHANNELS.length; c++) {
        const weight = c === 1 || c === 2 ? rounding : opening;
        sums[c] += weight * row[c] * (c === 0 || c === 3 ? stress : 1);
        weights[c] += weight;
      }
    }
    const shape = {} as MouthShape;
    CHANNELS.forEach((channel, c) => shape[channel] = sums[c] / (weights[c] || 1));
    const parted = manner.parted * Math.max(0, 1 - shape.open / 0.1);
    shape.open = Math.min(1, manner.strength * shape.open + parted);
    shape.jaw = Math.min(1, manner.strength * manner.jaw * shape.jaw);
    shape.width = Math.max(-1, Math.min(1, manner.strength * shape.width + manner.smile));
    imposeContacts(shape, phonemes, time);
    return shape;
  });
}
