/** Work that was timed: so many steps of it took so many seconds. */
export interface Timed {
  name: string;
  steps: number;
  seconds: number;
}

/** Seconds that work takes by the steps of work of the same names; undefined where one of them was never timed. */
export function expectedSeconds(work: Pick<Timed, "name" | "steps">[], timed: Timed[]): number | undefined {
  let sum = 0;
  for (const { name, steps } of work) {
    const like = timed.filter((row) => row.name === name);
    if (like.length === 0) return;
    const each = like.reduce((total, row) => total + row.seconds / row.steps, 0) / like.length;
    sum += each * steps;
  }
  return sum;
}
