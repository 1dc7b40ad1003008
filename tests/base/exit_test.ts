import assert from "node:assert/strict";
import { KitError } from "../../lib/base/errors.ts";
import { errorLine } from "../../lib/base/exit.ts";

Deno.test("an error is one line; one that is not the user's says so", () => {
  assert.equal(
    errorLine(new KitError("clip.mp4 is cut short", "Copy it again")),
    "error: clip.mp4 is cut short. Copy it again",
  );
  assert.equal(
    errorLine(new TypeError("x is\n  not a function")),
    "error: x is not a function (a fault of the kit: KIT_DEBUG=1 shows where)",
  );
  assert.match(errorLine("thrown text"), /^error: thrown text /);
  assert.match(errorLine(new Error("")), /^error: something failed without saying why/);
});
