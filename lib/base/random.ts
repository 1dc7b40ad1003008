/** A source of random numbers: the same seed gives the same numbers on every machine. */
export interface Random {
  /** Uniform in [low, high), by default [0, 1). */
  uniform(low?: number, high?: number): number;
  /** Normal, mean 0, standard deviation 1. */
  normal(): number;
  /** A whole number in [0, count). */
  below(count: number): number;
  /** One of a list, each equally likely. */
  pick<T>(list: readonly T[]): T;
  /** A copy of a list in random order (Fisher-Yates). */
  shuffle<T>(list: readonly T[]): T[];
}

/** One whose whole state is one number, so that a checkpoint can hold it. */
export interface SeededRandom extends Random {
  readonly state: number;
}

/** All kinds of random numbers out of those in [0, 1). */
function randomBy(next: () => number): Random {
  const below = (count: number) => Math.floor(next() * count);
  return {
    uniform: (low = 0, high = 1) => low + (high - low) * next(),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    below,
    pick: (list) => list[below(list.length)],
    shuffle<T>(list: readonly T[]): T[] {
      const mixed = [...list];
      for (let i = mixed.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [mixed[i], mixed[j]] = [mixed[j], mixed[i]];
      }
      return mixed;
    },
  };
}

/** The random numbers of a seed, or of a state to go on from: Mulberry32, 32 bits of state. */
export function random(seed: number): SeededRandom {
  let state = seed >>> 0;
  const numbers = randomBy(() => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  });
  return {
    ...numbers,
    get state() {
      return state;
    },
  };
}

/** A 32-bit hash (FNV-1a) of the words that name a random stream. */
function hashOf(names: (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const letter of names.join("/")) {
    hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193);
  }
  return hash >>> 0;
}

/**
 * The random numbers of a name, such as `randomStream(seed, "speaker", 3)`: streams of different names do not
 * influence each other, so one more number taken in one place changes nothing elsewhere.
 * The generator is sfc32 (Doty-Humphrey's PractRand), whose first numbers are thrown away.
 */
export function randomStream(...names: (string | number)[]): Random {
  let a = hashOf([...names, "a"]), b = hashOf([...names, "b"]), c = hashOf([...names, "c"]), count = 1;
  const next = () => {
    const sum = (a + b + count++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 16; i++) next();
  return randomBy(next);
}
