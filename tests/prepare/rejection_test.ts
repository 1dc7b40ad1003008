import assert from "node:assert/strict";
import { rejectLines } from "../../lib/prepare/rejection.ts";

Deno.test("rejects are summed up by reason, the commonest first, with an example of each", () => {
  const rejects = [
    { id: "s1/a", reason: "silent", detail: "its sound has -80 dB of full scale" },
    { id: "s1/b", reason: "no-face", detail: "no face\nin 30 frames" },
    { id: "s2/c", reason: "no-face", detail: "other" },
  ];
  assert.deepEqual(rejectLines(rejects), [
    "    2  no-face  such as s1/b: no face in 30 frames",
    "    1  silent   s1/a: its sound has -80 dB of full scale",
  ]);
  assert.deepEqual(rejectLines([]), []);
});
