/** Prepared clips read from their files: whole ones, or only the frames and columns that are wanted. */
import { join } from "node:path";
import { FACE_SIZE } from "../media/face_crop.ts";
import { MEL_BANDS } from "../media/mel.ts";
import { openSafetensors } from "../weights/safetensors.ts";
import { wholeNumbers } from "./clip_file.ts";
import type { ManifestRow } from "./manifest_row.ts";
import { decodeCrop } from "./measures.ts";
import { type ClipSpan, spanAt } from "./offset.ts";
import { voicedWindows } from "./windows.ts";

/** Bytes of one RGB face crop. */
export const FRAME_BYTES = FACE_SIZE * FACE_SIZE * 3;

/** A prepared clip without its pictures: what decides which windows are drawn. */
export interface ClipHead {
  row: ManifestRow;
  frames: number;
  /** [columns, 80] on the +-4 scale. */
  mel: Float32Array;
  columns: number;
  /** Whether a sync window starting at each frame holds speech. */
  voiced: boolean[];
  /** Where the JPEG of each frame begins and the last one ends, in bytes, [frames + 1]. */
  places: Float64Array;
}

/** A prepared clip in memory. */
export interface Clip extends Omit<ClipHead, "places"> {
  /** RGB crops, [frames, 96, 96, 3] bytes. */
  faces: Uint8Array;
  /** 16 kHz mono. */
  sound: Int16Array;
  /** Inner-lip gap and mouth width by frame, [frames, 2], as shares of the face's height. */
  mouth: Float32Array;
}

/** Runs a reading of a clip's file, once it is known which part of it the row's offset leaves. */
async function reading<T>(
  folder: string,
  row: ManifestRow,
  read: (file: Awaited<ReturnType<typeof openSafetensors>>, span: ClipSpan) => Promise<T>,
): Promise<T> {
  const file = await openSafetensors(join(folder, row.path));
  try {
    const { frame_offsets, mel } = file.header.tensors;
    const frames = frame_offsets.shape[0] - 1, columns = mel.shape[0];
    return await read(file, spanAt(row.offset, { frames, columns }));
  } finally {
    file.close();
  }
}

/** Sound's mel and timing of a prepared clip, its offset taken out. Throws KitError when its file is damaged. */
export function readHead(folder: string, row: ManifestRow): Promise<ClipHead> {
  return reading(folder, row, async (file, { firstFrame, frames, firstColumn, columns }) => {
    const bytes = await file.readRange(
      "mel",
      4 * MEL_BANDS * firstColumn,
      4 * MEL_BANDS * (firstColumn + columns),
    );
    const mel = new Float32Array(bytes.buffer as ArrayBuffer);
    const places = wholeNumbers(
      await file.readRange("frame_offsets", 8 * firstFrame, 8 * (firstFrame + frames + 1)),
    );
    return { row, frames, mel, columns, voiced: voicedWindows(mel, frames), places };
  });
}

/** Decodes JPEGs that lie one after the other; `places` are the byte at which each begins, and the last one's end. */
function decodeFrames(jpegs: Uint8Array, places: Float64Array): Uint8Array {
  const faces = new Uint8Array((places.length - 1) * FRAME_BYTES);
  for (let t = 0; t + 1 < places.length; t++) {
    faces.set(decodeCrop(jpegs.subarray(places[t] - places[0], places[t + 1] - places[0])), t * FRAME_BYTES);
  }
  return faces;
}

/** The crops of some frames, [n, 96, 96, 3]: only their bytes are read; neighbouring frames in one go. */
export async function readFaces(folder: string, head: ClipHead, frames: number[]): Promise<Uint8Array> {
  const file = await openSafetensors(join(folder, head.row.path));
  try {
    const faces = new Uint8Array(frames.length * FRAME_BYTES);
    for (let k = 0; k < frames.length;) {
      let end = k + 1;
      while (end < frames.length && frames[end] === frames[end - 1] + 1) end++;
      const places = head.places.subarray(frames[k], frames[end - 1] + 2);
      faces.set(
        decodeFrames(await file.readRange("frames", places[0], places.at(-1)!), places),
        k * FRAME_BYTES,
      );
      k = end;
    }
    return faces;
  } finally {
    file.close();
  }
}

/** Reads one prepared clip, its offset taken out. Throws KitError when its file is damaged. */
export async function loadClip(folder: string, row: ManifestRow): Promise<Clip> {
  const { places, ...head } = await readHead(folder, row);
  return await reading(folder, row, async (file, { firstFrame, frames, firstSample, samples }) => {
    const jpegs = await file.readRange("frames", places[0], places.at(-1)!);
    const sound = await file.readRange("sound", 2 * firstSample, 2 * (firstSample + samples));
    const mouth = await file.readRange("mouth", 8 * firstFrame, 8 * (firstFrame + frames));
    return {
      ...head,
      faces: decodeFrames(jpegs, places),
      sound: new Int16Array(sound.buffer as ArrayBuffer),
      mouth: new Float32Array(mouth.buffer as ArrayBuffer),
    };
  });
}
