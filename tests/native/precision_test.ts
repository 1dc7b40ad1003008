import assert from "node:assert/strict";
import { hasBfloat16, saysBfloat16, usablePrecision } from "../../lib/native/precision.ts";

Deno.test("which processors multiply bfloat16, by what Linux says of them", () => {
  const intel =
    "processor\t: 0\nflags\t\t: fpu sse2 avx2 avx512f avx512_bf16 avx512_vnni\nbugs\t: spectre_v1\n";
  const arm = "processor\t: 0\nFeatures\t: fp asimd i8mm bf16 dgh\n";
  assert.ok(saysBfloat16(intel) && saysBfloat16(arm));
  assert.ok(saysBfloat16("flags : avx2 amx_bf16 amx_tile\n"));
  assert.ok(!saysBfloat16("flags : fpu sse2 avx2 avx512f avx512_vnni\n"));
  assert.ok(!saysBfloat16("model name : no bf16\nflags : avx2\n"));
});

Deno.test("bfloat16 is computed with where the processor has it, float32 everywhere", () => {
  assert.equal(usablePrecision("float32"), "float32");
  assert.equal(usablePrecision("bfloat16"), hasBfloat16() ? "bfloat16" : "float32");
});
