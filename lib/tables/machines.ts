import { availableParallelism, cpus } from "node:os";

/** The machines that trainings ran on, in words: those of before, "; " between them, and this one. */
export function withThisMachine(before?: string): string {
  const here = `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${availableParallelism()} cores`;
  return [...new Set([...before?.split("; ") ?? [], here])].join("; ");
}
