import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Tensor2D, tf } from "../native/tf.ts";
import { type Face, landmarkBox, overlap } from "./landmarks.ts";

/** Sides of the detector's square input; the larger one is tried when the smaller finds nothing. */
const INPUT_SIZES = [224, 416];
const MINIMUM_SCORE = 0.3;
/** Two landmark boxes that overlap this much are one face found twice. */
const SAME_FACE = 0.5;

const require = createRequire(import.meta.url);
// This build takes its tensors from the same @tensorflow/tfjs-node-gpu as the rest of the kit.
const build = require.resolve("@vladmandic/face-api/dist/face-api.node-gpu.js");
const models = join(dirname(build), "..", "model");

// deno-lint-ignore no-explicit-any
let faceApi: any;
let loading: Promise<void> | undefined;

async function load(): Promise<void> {
  const api = require(build);
  await api.nets.tinyFaceDetector.loadFromDisk(models);
  await api.nets.faceLandmark68Net.loadFromDisk(models);
  faceApi = api;
}

/** Loads the face detector and the landmark network (1 MB) once; later calls return at once. */
export function loadFaceDetector(): Promise<void> {
  return loading ??= load();
}

/** Networks of face-api that look at a face which was found already. */
export type FaceNetwork = "faceLandmark68Net" | "faceRecognitionNet";

/**
 * Gives a network of face-api, its weights loaded when it is first asked for, as a function on RGB crops of one size,
 * [n] of [size, size, 3] bytes: [n, numbers] out, to be disposed of.
 */
export async function faceNetwork(name: FaceNetwork): Promise<(crops: Uint8Array[]) => Tensor2D> {
  const { nets, NetInput } = require(build);
  if (!nets[name].isLoaded) await nets[name].loadFromDisk(models);
  return (crops) =>
    tf.tidy(() => {
      const size = Math.round(Math.sqrt(crops[0].length / 3));
      const images = crops.map((crop) => tf.tensor3d(crop, [size, size, 3], "int32"));
      return nets[name].forwardInput(new NetInput(images));
    });
}

/** The 68 points of a face-api result as x, y pairs [136]. */
function pointsOf(positions: { x: number; y: number }[]): Float32Array {
  const landmarks = new Float32Array(136);
  for (let i = 0; i < 68; i++) {
    landmarks[2 * i] = positions[i].x;
    landmarks[2 * i + 1] = positions[i].y;
  }
  return landmarks;
}

/**
 * The 68 landmarks of an image [height, width, 3] that is known to be a face crop, without looking for a face in it:
 * [136] in its pixels. On crops of real faces the mouth's opening follows that of the whole video (r > 0.96).
 */
export async function cropLandmarks(crop: Uint8Array, width: number, height: number): Promise<Float32Array> {
  await loadFaceDetector();
  const image = tf.tensor3d(crop, [height, width, 3], "int32");
  try {
    return pointsOf((await faceApi.nets.faceLandmark68Net.detectLandmarks(image)).positions);
  } finally {
    image.dispose();
  }
}

/**
 * Finds the faces of one RGB frame [height, width, 3] with their 68 landmarks, the surest first.
 * Looks again at a finer scale when nothing is found. Needs `loadFaceDetector` first (it is awaited here).
 * Source: TinyFaceDetector and FaceLandmark68Net of @vladmandic/face-api.
 */
export async function detectFaces(frame: Uint8Array, width: number, height: number): Promise<Face[]> {
  await loadFaceDetector();
  const image = tf.tensor3d(frame, [height, width, 3], "int32");
  try {
    for (const inputSize of INPUT_SIZES) {
      const options = new faceApi.TinyFaceDetectorOptions({ inputSize, scoreThreshold: MINIMUM_SCORE });
      const found = await faceApi.detectAllFaces(image, options).withFaceLandmarks();
      const faces: Face[] = [];
      for (const { detection, landmarks: { positions } } of found) {
        const landmarks = pointsOf(positions);
        faces.push({ score: detection.score, box: landmarkBox(landmarks), landmarks });
      }
      faces.sort((a, b) => b.score - a.score);
      const distinct = faces.filter((face, i) =>
        !faces.slice(0, i).some((surer) => overlap(surer.box, face.box) > SAME_FACE)
      );
      if (distinct.length > 0) return distinct;
    }
    return [];
  } finally {
    image.dispose();
  }
}
