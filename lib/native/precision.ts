import { readFileSync } from "node:fs";

/**
 * What convolutions and their gradients compute with: 32-bit floats, or bfloat16 (8 bits of precision; sums in 32 bits),
 * to which their inputs are rounded and from which their outputs come back. All else stays in 32 bits.
 */
export type Precision = "float32" | "bfloat16";

/** Whether a processor, by what Linux says of it, multiplies bfloat16 itself: elsewhere it takes longer than 32 bits. */
export const saysBfloat16 = (cpuinfo: string): boolean =>
  /^(flags|Features)\s*:.*\b(avx512_bf16|amx_bf16|bf16)\b/m.test(cpuinfo);

/** Whether this machine's processor multiplies bfloat16; where nothing says so it does not count. */
export function hasBfloat16(): boolean {
  try {
    return saysBfloat16(readFileSync("/proc/cpuinfo", "utf8"));
  } catch {
    return false; // no Linux
  }
}

/** What convolutions compute with on this machine where a precision is asked for: without bfloat16, 32 bits. */
export const usablePrecision = (asked: Precision): Precision => hasBfloat16() ? asked : "float32";
