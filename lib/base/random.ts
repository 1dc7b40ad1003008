/** A small random generator whose whole state is one number, so that a checkpoint can hold it. */
export interface Random {
  state: number;
  /** Uniform in [0, 1). */
  next(): number;
  /** A whole number in [0, n). */
  below(n: number): number;
}

/** Mulberry32: 32 bits of state, the same numbers everywhere. */
export function random(seed: number): Random {
  return {
    state: seed >>> 0,
    next() {
      this.state = (this.state + 0x6d2b79f5) >>> 0;
      let t = this.state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    },
    below(n) {
      return Math.floor(this.next() * n);
    },
  };
}
