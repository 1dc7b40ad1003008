import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { sampleAppearance } from "../../lib/corpus/portrait/appearance.ts";
import { FRAME_SIZE, openFace, STILL } from "../../lib/corpus/face.ts";
import type { MouthShape } from "../../lib/corpus/mouth.ts";
import { DETAIL } from "../../lib/corpus/portrait/layer.ts";
import { openProtrusion, PROTRUSION } from "../../lib/corpus/portrait/protrusion.ts";
import { headDepth, paintSkin } from "../../lib/corpus/portrait/relief.ts";
import { detectFaces } from "../../lib/media/face_detector.ts";

const REST: MouthShape = { open: 0.02, width: 0, round: 0.05, jaw: 0.03, press: 0, tuck: 0, tongue: 0 };
const AH: MouthShape = { ...REST, open: 0.9, jaw: 0.9 };
const hash = (frame: Uint8Array) => createHash("sha256").update(frame).digest("hex");

Deno.test("the same look, pose and mouth give the same bytes, whatever was drawn before", () => {
  const paint = openFace(sampleAppearance(1, 2)), pose = { ...STILL, x: 3, turn: 0.1, blink: 0.4 };
  const first = hash(paint(pose, REST));
  paint({ ...STILL, brow: 1, gazeX: 1 }, AH);
  assert.equal(hash(paint(pose, REST)), first);
  assert.equal(hash(openFace(sampleAppearance(1, 2))(pose, REST)), first);
  assert.notEqual(hash(openFace(sampleAppearance(1, 3))(pose, REST)), first);
});

Deno.test("a mouth changes nothing above the base of the nose", () => {
  for (const index of [0, 2, 5, 7]) {
    const appearance = sampleAppearance(3, index),
      paint = openFace(appearance),
      silent = paint(STILL, REST),
      open = paint(STILL, AH);
    const { framing: { y, scale }, nose } = appearance,
      row = Math.floor(y + scale * nose.base) * FRAME_SIZE * 3;
    assert.deepEqual(open.subarray(0, row), silent.subarray(0, row));
    let changed = 0;
    for (let i = row; i < open.length; i++) if (Math.abs(open[i] - silent[i]) > 24) changed++;
    assert(changed > 1500, `${changed} values differ below`);
  }
});

Deno.test("lips that are pushed forward are nearer by a centimetre, and move more when the head turns", () => {
  const appearance = sampleAppearance(1, 5),
    bare = paintSkin(appearance),
    depth = headDepth(appearance, bare);
  const depthWith = openProtrusion(appearance, bare, depth),
    at = (x: number, y: number) =>
      Math.round((y - bare.top) * DETAIL) * bare.width + Math.round((x - bare.left) * DETAIL);
  const lips = at(0, appearance.mouth.y + 2), pushed = depthWith({ round: 1 }).slice();
  assert(Math.abs(pushed[lips] - depth[lips] - PROTRUSION) < 0.05, `${pushed[lips] - depth[lips]}`);
  assert.equal(
    pushed[at(0, appearance.nose.base - 2)],
    depth[at(0, appearance.nose.base - 2)],
    "the nose stays",
  );
  assert(pushed[at(40, appearance.mouth.y)] - depth[at(40, appearance.mouth.y)] < 0.5, "so do the cheeks");
  assert.deepEqual(depthWith({ round: 0 }), depth);
});

Deno.test("looks vary: no two of forty people are alike, and traits cover their range", () => {
  const looks = Array.from({ length: 40 }, (_, i) => sampleAppearance(1, i));
  assert.equal(new Set(looks.map((appearance) => JSON.stringify({ ...appearance, background: 0 }))).size, 40);
  assert(new Set(looks.map(({ hair }) => hair.style)).size >= 7);
  assert.equal(new Set(looks.map(({ background }) => background.kind)).size, 6);
  const count = (has: (appearance: (typeof looks)[0]) => unknown) => looks.filter(has).length;
  for (const beard of [count((l) => l.beard.growth > 0.3), count((l) => l.glasses)]) {
    assert(beard >= 8 && beard <= 20);
  }
  assert(count(({ beard }) => beard.growth > 0.3 && beard.cheeks === 0) >= 2, "some on the chin only");
  const red = looks.map(({ skin }) => skin.base[0]);
  assert(Math.min(...red) < 120 && Math.max(...red) > 225, "skin from dark to light");
});

Deno.test("the detector finds drawn faces in any pose they take", async () => {
  let found = 0, frames = 0;
  for (const index of [0, 3, 5, 6]) {
    const paint = openFace(sampleAppearance(1, index));
    for (const [turn, nod, mouth] of [[0, 0, REST], [0.18, 0.08, AH], [-0.18, -0.08, REST]] as const) {
      const faces = await detectFaces(
        paint({ ...STILL, turn, nod, roll: turn / 2 }, mouth),
        FRAME_SIZE,
        FRAME_SIZE,
      );
      frames++;
      if (faces.length === 1) found++;
    }
  }
  assert.equal(found, frames);
});
