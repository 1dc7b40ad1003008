import { FACE_SIZE, MEL_BANDS, MEL_WINDOW } from "../base/shapes.ts";
import type { Clip } from "../dataset/dataset.ts";
import { closedFrame, faceAt, generatorColumn, generatorInput, melWindow } from "../dataset/windows.ts";
import { type GeneratorKind, GENERATORS } from "../models/generator_kinds.ts";
import { compile, type Named } from "../native/compile.ts";
import type { Tensor } from "../native/tf.ts";
import type { Params } from "../nn/params.ts";
import { scope } from "../nn/scope.ts";
import { inBatches } from "./batches.ts";

/** Frames a forward pass. */
export const FACES_A_PASS = 16;

/** What a face is redrawn from: the crop to redraw, and the frame whose sound it is to speak. */
export interface FaceRequest {
  pose: Uint8Array;
  frame: number;
}

/** Redraws crops [96, 96, 3] of one person to a sound's mel [columns, 80]. */
export type FaceGenerator = (
  requests: FaceRequest[],
  given: { reference: Uint8Array; mel: Float32Array },
) => Uint8Array[];

/** Values in 0..1 as bytes; a plain loop, since Uint8Array.from with a function takes longer than the network. */
function bytesOf(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) bytes[i] = Math.round(255 * values[i]);
  return bytes;
}

/** A generator of any kind as a function on crops, compiled once for batches of 16. */
export function faceGenerator(
  { params, config }: { params: Params; config: { generator: { kind: GeneratorKind } } },
): FaceGenerator {
  const network = GENERATORS[config.generator.kind];
  const forward = compile((all: Named, batch: Named) => ({
    face: network(scope(all), batch as { mel: Tensor; faces: Tensor }).face,
  }));
  return (requests, { reference, mel }) => {
    const audio = { mel, columns: mel.length / MEL_BANDS };
    const faces = inBatches(requests, {
      size: FACES_A_PASS,
      inputs: {
        mel: {
          shape: [MEL_BANDS, MEL_WINDOW, 1],
          write: ({ frame }, place) => melWindow(audio, generatorColumn(frame), place),
        },
        faces: {
          shape: [FACE_SIZE, FACE_SIZE, 6],
          write: ({ pose }, place) => generatorInput(pose, reference, place),
        },
      },
      network: (batch) => forward(params, batch),
    });
    return Array.from(faces, ({ face }) => bytesOf(face));
  };
}

export interface GenerateOptions {
  /** The clip whose sound is spoken; the clip's own by default. */
  audio?: Clip;
  /** Repeat this frame as the pose all the time, so that nothing but the sound can move the mouth. */
  still?: number;
  /** The frames to redraw; by default all that both clips have. */
  times?: number[];
}

/**
 * Redraws a prepared clip to a sound: crops [96, 96, 3] for as many frames as both have, or for some of them.
 * The reference is the clip's most closed mouth.
 */
export function generateClip(
  generate: FaceGenerator,
  clip: Clip,
  { audio = clip, still, times }: GenerateOptions = {},
): Uint8Array[] {
  const frames = still === undefined ? Math.min(clip.frames, audio.frames) : audio.frames;
  const reference = faceAt(clip, closedFrame(clip));
  const requests = (times ?? Array.from({ length: frames }, (_, frame) => frame))
    .map((frame) => ({ pose: faceAt(clip, still ?? frame), frame }));
  return generate(requests, { reference, mel: audio.mel });
}
