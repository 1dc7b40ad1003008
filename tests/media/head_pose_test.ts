import assert from "node:assert/strict";
import { headPose } from "../../lib/media/head_pose.ts";

/** The common face's points: index, x, y up, z towards the camera. */
const POINTS = [
  ...[[36, -5.31, 0, 0], [39, -2.36, -0.15, 0.45], [42, 2.36, -0.15, 0.45], [45, 5.31, 0, 0]],
  ...[[27, 0, -0.15, 2], [28, 0, -1.75, 3], [29, 0, -3.2, 4], [30, 0, -4.6, 4.9]],
  ...[[31, -1.46, -5.7, 2.5], [33, 0, -6, 3], [35, 1.46, -5.7, 2.5]],
];

/** Landmarks of that face turned by yaw, then nodded by pitch, then leaned by roll, in an image. */
function pictured(
  { yaw = 0, pitch = 0, roll = 0 }: { yaw?: number; pitch?: number; roll?: number },
  { scale = 9, x = 180, y = 140, distance = Infinity } = {},
): Float32Array {
  const [a, b, c] = [yaw, pitch, roll].map((degrees) => degrees * Math.PI / 180);
  const landmarks = new Float32Array(136);
  for (const [point, px, py, pz] of POINTS) {
    const tx = px * Math.cos(a) + pz * Math.sin(a), tz = pz * Math.cos(a) - px * Math.sin(a);
    const ny = py * Math.cos(b) + tz * Math.sin(b), nz = tz * Math.cos(b) - py * Math.sin(b);
    const near = scale / (1 - nz / distance);
    landmarks[2 * point] = x + near * (tx * Math.cos(c) + ny * Math.sin(c));
    landmarks[2 * point + 1] = y - near * (ny * Math.cos(c) - tx * Math.sin(c));
  }
  return landmarks;
}
const near = (a: number, b: number, tolerance: number, name: string) =>
  assert.ok(Math.abs(a - b) <= tolerance, `${name}: ${a} is not ${b}`);

Deno.test("a face that looks into the camera is straight, wherever and however large it is", () => {
  for (const place of [{}, { scale: 3, x: 20, y: 30 }, { scale: 40 }]) {
    const { yaw, pitch, roll } = headPose(pictured({}, place));
    for (const angle of [yaw, pitch, roll]) near(angle, 0, 0.01, "straight");
  }
});

Deno.test("each angle is found exactly, with its sign", () => {
  for (const degrees of [-40, -15, 5, 30]) {
    near(headPose(pictured({ yaw: degrees })).yaw, degrees, 0.01, "yaw");
    near(headPose(pictured({ pitch: degrees })).pitch, degrees, 0.01, "pitch");
    near(headPose(pictured({ roll: degrees })).roll, degrees, 0.01, "roll");
  }
  // The nose of a face that is turned to the image's right lies right of the eyes' middle; up when it looks up.
  assert.ok(pictured({ yaw: 20 })[60] > 180 && pictured({ pitch: 20 })[61] < pictured({})[61]);
  // Leaning clockwise lowers the eye at the right of the image.
  assert.ok(pictured({ roll: 20 })[91] > pictured({ roll: 20 })[73]);
});

Deno.test("all three at once, and a near camera, change the angles little", () => {
  const angles = { yaw: 25, pitch: -10, roll: 8 };
  for (const [distance, tolerance] of [[Infinity, 0.01], [60, 6]]) {
    const pose = headPose(pictured(angles, { distance }));
    near(pose.yaw, 25, tolerance, "yaw");
    near(pose.pitch, -10, tolerance, "pitch");
    near(pose.roll, 8, tolerance, "roll");
  }
});
