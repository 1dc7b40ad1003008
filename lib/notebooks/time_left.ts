// How long the rest of a run of notebooks takes, from the last run's times of each cell.

/** Seconds of each code cell, by notebook name. */
export type CellSeconds = Record<string, number[]>;

/** Where a run is: notebooks in order with their number of code cells, and the seconds of the cells that ended. */
export interface Place {
  plan: { name: string; cells: number }[];
  ended: CellSeconds;
  /** Seconds since the running cell began. */
  running: number;
}

/** A cell that no run has timed counts as this many seconds until others have ended. */
const UNKNOWN = 5;

/**
 * Seconds left. Cells with a time from the last run count that time, scaled by how this run's ended cells compare
 * with theirs (another machine, another load); cells without one count the mean of the ended.
 */
export function secondsLeft({ plan, ended, running }: Place, last: CellSeconds): number {
  let now = 0, then = 0, count = 0, ownSum = 0;
  for (const { name } of plan) {
    for (const [index, seconds] of (ended[name] ?? []).entries()) {
      ownSum += seconds;
      count++;
      const known = last[name]?.[index];
      if (known === undefined) continue;
      now += seconds;
      then += known;
    }
  }
  // One second each steadies the scale while only short cells have ended.
  const scale = (now + 1) / (then + 1);
  const unknown = count > 0 ? ownSum / count : UNKNOWN;
  let left = 0, first = true;
  for (const { name, cells } of plan) {
    for (let index = ended[name]?.length ?? 0; index < cells; index++) {
      const known = last[name]?.[index];
      const expected = known === undefined ? unknown : known * scale;
      left += first ? Math.max(0, expected - running) : expected;
      first = false;
    }
  }
  return left;
}
