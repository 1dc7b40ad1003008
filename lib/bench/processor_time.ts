// What processes take of all cores together, by proc_pid_stat(5).

/** The fields in which the system counts it, the one after the process's name being 0. */
const FIELDS = { itself: [11, 12], children: [13, 14] };
const TICKS_A_SECOND = 100;

/**
 * CPU seconds of a process, or of all programs that it has called and that have ended; NaN where the system does not
 * say, or the process is gone.
 */
export function processorSeconds(process: number | "self", of: keyof typeof FIELDS = "itself"): number {
  if (Deno.build.os !== "linux") return NaN;
  try {
    const stat = Deno.readTextFileSync(`/proc/${process}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [user, system] = FIELDS[of].map((field) => Number(fields[field]));
    return (user + system) / TICKS_A_SECOND;
  } catch {
    return NaN;
  }
}
