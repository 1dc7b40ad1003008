import assert from "node:assert/strict";
import { splitVideo } from "../../lib/prepare/video_parts.ts";

const spans = (options: Parameters<typeof splitVideo>[0]) =>
  splitVideo(options).map(({ part, first, end }) => [part, first, end]);

Deno.test("a film of one shot is one clip", () => {
  assert.deepEqual(splitVideo({ frames: 75, starts: [], every: 5 }), [{
    part: 0,
    first: 0,
    end: 75,
    note: "",
  }]);
  assert.deepEqual(
    spans({ frames: 75, starts: [80], every: 5 }),
    [[0, 0, 75]],
    "a cut after the sound's end",
  );
});

Deno.test("parts begin on a frame that was looked at, after the cut, and end before the next", () => {
  assert.deepEqual(spans({ frames: 75, starts: [31, 50], every: 5 }), [[1, 0, 31], [2, 35, 50], [3, 50, 75]]);
  assert.deepEqual(
    splitVideo({ frames: 75, starts: [31], every: 5 })[1].note,
    "part 2 of 2: the shot changes at 1.24 s",
  );
  assert.deepEqual(spans({ frames: 40, starts: [37, 39], every: 5 }), [[1, 0, 37], [2, 39, 39], [3, 40, 40]]);
});

Deno.test("a long shot becomes equal pieces", () => {
  const two = 2 * 3600 * 25; // two hours
  const parts = splitVideo({ frames: two, starts: [], every: 5 });
  assert.equal(parts.length, 60);
  assert.ok(parts.every(({ first, end }) => end - first <= 3000 && end - first > 2990));
  assert.equal(parts.at(-1)!.end, two);
  assert.deepEqual(spans({ frames: 100, starts: [], every: 1, longest: 40 }), [[1, 0, 33], [2, 33, 66], [
    3,
    66,
    100,
  ]]);
});
