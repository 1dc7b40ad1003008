import assert from "node:assert/strict";
import { sampleAppearance } from "../../lib/corpus/portrait/appearance.ts";
import { FRAME_SIZE, openFace, STILL } from "../../lib/corpus/face.ts";
import { detectFaces, loadFaceDetector } from "../../lib/media/face_detector.ts";
import { mouthOpening } from "../../lib/media/landmarks.ts";
import { trackSpeaker } from "../../lib/media/face_track.ts";
import { decodeFrames } from "../../lib/media/decode.ts";
import { tf } from "../../lib/native/tf.ts";
import { ENCODED_CLIP, PUBLISHED_CLIP } from "../real_clips.ts";

const mouth = (open: number) => ({ open, width: 0, round: 0, jaw: open, press: 0, tuck: 0, tongue: 0 });
const paint = openFace(sampleAppearance(1, 0));

/** A grey frame [height, width, 3] with images of 224 x 224 pixels at the given places. */
function compose(width: number, height: number, images: { at: [number, number]; picture: Uint8Array }[]) {
  const frame = new Uint8Array(width * height * 3).fill(96);
  for (const { at: [left, top], picture: image } of images) {
    for (let y = 0; y < FRAME_SIZE; y++) {
      const line = image.subarray(y * FRAME_SIZE * 3, (y + 1) * FRAME_SIZE * 3);
      frame.set(line, ((top + y) * width + left) * 3);
    }
  }
  return frame;
}

Deno.test("loading twice loads once", () => assert.equal(loadFaceDetector(), loadFaceDetector()));

Deno.test("a drawn face is found once, with its landmarks inside its box", async () => {
  const faces = await detectFaces(paint(STILL, mouth(0)), FRAME_SIZE, FRAME_SIZE);
  assert.equal(faces.length, 1);
  const [{ score, box, landmarks }] = faces;
  assert.ok(score > 0.5 && score <= 1);
  assert.equal(landmarks.length, 136);
  for (let i = 0; i < 136; i++) assert.ok(landmarks[i] >= box[i % 2] && landmarks[i] <= box[2 + i % 2]);
  assert.ok(box[0] > 20 && box[1] > 20 && box[2] < 204 && box[3] < 204, box.join(" "));
});

Deno.test("the measured opening follows the drawn one", async () => {
  const gaps: number[] = [];
  for (const open of [0, 0.5, 1]) {
    const [{ landmarks }] = await detectFaces(paint(STILL, mouth(open)), FRAME_SIZE, FRAME_SIZE);
    gaps.push(mouthOpening(landmarks).gap);
  }
  assert.ok(gaps[0] < 0.02 && gaps[1] > gaps[0] + 0.015 && gaps[2] > gaps[1] + 0.015, gaps.join(" "));
});

Deno.test("two faces side by side are two, each in its place", async () => {
  const other = openFace(sampleAppearance(1, 1))(STILL, mouth(0));
  const frame = compose(448, 224, [
    { at: [0, 0], picture: paint(STILL, mouth(0)) },
    { at: [224, 0], picture: other },
  ]);
  const faces = (await detectFaces(frame, 448, 224)).sort((a, b) => a.box[0] - b.box[0]);
  assert.equal(faces.length, 2);
  assert.ok(faces[0].box[2] < 224 && faces[1].box[0] > 224);
});

Deno.test("a face that is small in its frame is found at the second, finer look", async () => {
  const frame = compose(1280, 720, [{ at: [700, 300], picture: paint(STILL, mouth(0)) }]);
  const [face] = await detectFaces(frame, 1280, 720);
  assert.ok(face, "no face");
  const x = (face.box[0] + face.box[2]) / 2, y = (face.box[1] + face.box[3]) / 2;
  assert.ok(Math.abs(x - 812) < 25 && Math.abs(y - 435) < 40, `${x}, ${y}`);
});

Deno.test("frames without a face have none, and tiny frames fail nothing", async () => {
  for (const [width, height] of [[360, 288], [16, 16], [1, 1], [3, 500]]) {
    const grey = new Uint8Array(width * height * 3).fill(128);
    assert.deepEqual(await detectFaces(grey, width, height), []);
  }
});

Deno.test("looking leaves no tensor behind", async () => {
  const frame = paint(STILL, mouth(0.3)), empty = new Uint8Array(FRAME_SIZE * FRAME_SIZE * 3);
  await detectFaces(frame, FRAME_SIZE, FRAME_SIZE);
  const before = tf.memory().numTensors;
  for (let i = 0; i < 3; i++) {
    await detectFaces(frame, FRAME_SIZE, FRAME_SIZE);
    await detectFaces(empty, FRAME_SIZE, FRAME_SIZE);
  }
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("a real speaker is found on every looked-at frame; mouth and chin lie in the crop's lower half", async () => {
  const width = 360, height = 288, every = 15;
  for (const video of [PUBLISHED_CLIP, ENCODED_CLIP]) {
    const detections = [];
    let frames = 0;
    for await (const frame of decodeFrames(video)) {
      if (frames++ % every === 0) detections.push(await detectFaces(frame, width, height));
    }
    const track = trackSpeaker(detections, { frames, every, width, height });
    assert.ok(!("reason" in track), `${video}: ${JSON.stringify(track)}`);
    assert.equal(track.detectionRate, 1, video);
    detections.forEach(([{ landmarks }], look) => {
      const [, top, , bottom] = track.boxes.subarray(4 * look * every);
      const inCrop = (point: number) => (landmarks[2 * point + 1] - top) / (bottom - top);
      assert.ok(inCrop(51) > 0.5, `${video}: upper lip at ${inCrop(51)} of the crop`);
      assert.ok(inCrop(8) < 1, `${video}: chin at ${inCrop(8)} of the crop`);
    });
  }
});
