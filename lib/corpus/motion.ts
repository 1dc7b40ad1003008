/** How a drawn speaker's head and eyes move: slow, smooth, and all but independent of what is said. */
import { type Random, randomStream } from "../base/random.ts";
import { type Pose, STILL } from "./face.ts";
import type { Phoneme } from "./speech.ts";

/** A smooth random curve: normal values at knots `every` seconds apart, joined by cubic splines. */
function wander(rng: Random, every: number, duration: number): (time: number) => number {
  const phase = rng.uniform(), count = Math.ceil(duration / every) + 5;
  const knots = Array.from({ length: count }, () => Math.max(-2, Math.min(2, rng.normal())));
  return (time) => {
    const at = time / every + phase + 1, i = Math.floor(at), t = at - i;
    const [a, b, c, d] = [knots[i - 1], knots[i], knots[i + 1], knots[i + 2]];
    // a cubic B-spline: smooth in its second derivative too
    return ((1 - t) ** 3 * a + (3 * t ** 3 - 6 * t * t + 4) * b + (-3 * t ** 3 + 3 * t * t + 3 * t + 1) * c +
      t ** 3 * d) / 6;
  };
}

/** Moments about `mean` seconds apart, never closer than a third of that. */
function moments(rng: Random, mean: number, duration: number): number[] {
  const found: number[] = [];
  for (
    let time = rng.uniform(0, mean);
    time < duration;
    time += mean * (0.35 - 0.65 * Math.log(1 - rng.uniform()))
  ) {
    found.push(time);
  }
  return found;
}

/** A bump that rises to 1 in `rise` seconds and falls in `fall`, starting at time 0. */
function bump(time: number, rise: number, fall: number): number {
  if (time <= 0 || time >= rise + fall) return 0;
  const t = time < rise ? time / rise : (rise + fall - time) / fall;
  return t * t * (3 - 2 * t);
}

/**
 * The poses of a clip at each time (s): wandering head, blinks every few seconds, gaze that jumps, brows that
 * rise now and then. Half of the stressed syllables bring a nod of about a degree, late by a random lag: the only
 * tie to the speech, and too slight and uncertain to read the mouth from.
 */
export function headPoses(phonemes: Phoneme[], times: number[], { seed, liveliness }: {
  seed: string;
  /** Size of the movements, about 0.6 to 1.3. */
  liveliness: number;
}): Pose[] {
  const rng = randomStream(seed, "motion"), duration = (times.at(-1) ?? 0) + 1;
  const slow = () => wander(rng, rng.uniform(0.9, 1.8), duration);
  const quick = () => wander(rng, 0.45, duration);
  const curves = { x: slow(), y: slow(), scale: slow(), roll: slow(), turn: slow(), nod: slow() };
  const tremble = { turn: quick(), nod: quick(), roll: quick() };
  const held = { turn: rng.normal() * 0.045, nod: rng.normal() * 0.03, roll: rng.normal() * 0.02 };
  const blinks = moments(rng, rng.uniform(2.2, 4.5), duration).map((start) => ({
    start,
    fall: rng.uniform(0.14, 0.24),
  }));
  const raises = moments(rng, 3.5, duration).map((start) => ({
    start,
    hold: rng.uniform(0.3, 0.8),
    size: rng.uniform(-0.3, 1),
  }));
  const jumps = moments(rng, 1.4, duration).map((start) => ({
    start,
    x: 0.6 * rng.normal(),
    y: 0.4 * rng.normal(),
  }));
  const nods = phonemes.filter(({ symbol }) => symbol.includes("ˈ")).map(({ start }) => ({
    start: start + rng.uniform(-0.2, 0.3),
    size: rng.uniform() < 0.5 ? 0.022 * rng.uniform(0.3, 1) : 0,
  }));
  return times.map((time) => {
    const gaze = jumps.findLast(({ start }) => start <= time);
    let blink = 0, brow = 0, beat = 0;
    for (const { start, fall } of blinks) blink = Math.max(blink, bump(time - start, 0.08, fall));
    for (const { start, hold, size } of raises) brow += size * bump(time - start, 0.2, hold);
    for (const { start, size } of nods) beat += size * bump(time - start, 0.15, 0.3);
    const at = (curve: (time: number) => number) => liveliness * curve(time);
    return {
      ...STILL,
      x: 5.5 * at(curves.x),
      y: 4 * at(curves.y),
      scale: 1 + 0.025 * at(curves.scale),
      roll: held.roll + 0.06 * at(curves.roll) + 0.012 * at(tremble.roll),
      turn: held.turn + 0.11 * at(curves.turn) + 0.025 * at(tremble.turn),
      nod: held.nod + 0.07 * at(curves.nod) + 0.02 * at(tremble.nod) + beat,
      blink,
      brow: Math.max(-0.5, Math.min(1, brow)),
      gazeX: Math.max(-1, Math.min(1, gaze?.x ?? 0)),
      gazeY: Math.max(-1, Math.min(1, gaze?.y ?? 0)),
    };
  });
}
