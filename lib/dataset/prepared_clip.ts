import { KitError } from "../base/errors.ts";
import { FACE_BYTES, FACE_SIZE, MEL_BANDS } from "../base/shapes.ts";
import { decodeJpeg } from "../media/jpeg.ts";
import { openSafetensors } from "../weights/safetensors.ts";
import { readOffsets, readSamples } from "./clip_file.ts";
import { spanAt } from "./clip_span.ts";
import { voicedWindows } from "./windows.ts";

/** What is heard of a prepared clip. */
interface HeardClip {
  frames: number;
  /** [columns, 80] on the +-4 scale. */
  mel: Float32Array;
  columns: number;
  /** Whether a sync window starting at each frame holds speech. */
  voiced: boolean[];
}

/** A prepared clip's mel, and its images as they are asked for. */
export interface PreparedClip extends HeardClip {
  /** Inner-lip gap and mouth width by frame, [frames, 2], as shares of the face's height. */
  mouth: Float32Array;
  /** RGB crops of some frames, [96, 96, 3] bytes each. Throws KitError when one is damaged. */
  faces(frames: number[]): Promise<Uint8Array[]>;
  /** All of it; once read, it is kept as well. */
  whole(): Promise<WholeClip>;
}

/** A prepared clip in memory. */
export interface WholeClip extends HeardClip {
  mouth: Float32Array;
  /** RGB crops, [frames, 96, 96, 3] bytes. */
  faces: Uint8Array;
  /** 16 kHz mono. */
  audio: Int16Array;
}

function decodeFace(path: string, frame: number, jpeg: Uint8Array): Uint8Array {
  const remedy = "Prepare the clip again";
  let image;
  try {
    image = decodeJpeg(jpeg);
  } catch (cause) {
    throw new KitError(`Frame ${frame} of ${path} is no whole JPEG picture`, remedy, { cause });
  }
  const { rgb, width, height } = image;
  if (width === FACE_SIZE && height === FACE_SIZE) return rgb;
  throw new KitError(`Frame ${frame} of ${path} is ${width} x ${height}, not ${FACE_SIZE} pixels`, remedy);
}

/**
 * Opens one prepared clip: its mel is read now, its images are read and decoded when they are first asked for,
 * and kept. With an `offset` the audio is moved against the image, and only what has both is left (see `spanAt`).
 * `grown` hears of the bytes that it takes in memory. Throws KitError when the file is damaged.
 */
export async function openPreparedClip(
  path: string,
  { offset = 0, grown = () => {} }: { offset?: number; grown?: (bytes: number) => void } = {},
): Promise<PreparedClip> {
  using file = await openSafetensors(path);
  const stored = {
    offsets: await readOffsets(path, file),
    mel: await file.readF32("mel"),
    mouth: await file.readF32("mouth"),
  };
  const span = spanAt(offset, { frames: stored.offsets.length - 1, columns: stored.mel.length / MEL_BANDS });
  const { frames, columns, firstFrame, firstColumn, firstSample, samples } = span;
  const offsets = stored.offsets.subarray(firstFrame);
  const mel = stored.mel.subarray(firstColumn * MEL_BANDS, (firstColumn + columns) * MEL_BANDS);
  const mouth = stored.mouth.subarray(2 * firstFrame, 2 * (firstFrame + frames));
  const voiced = voicedWindows(mel, frames);
  const decoded = new Map<number, Uint8Array>();
  let whole: WholeClip | undefined;
  grown(mel.byteLength + offsets.byteLength + stored.mouth.byteLength);

  const decode = async (missing: Iterable<number>) => {
    using file = await openSafetensors(path);
    for (const frame of missing) {
      const jpeg = await file.readRange("frames", offsets[frame], offsets[frame + 1]);
      decoded.set(frame, decodeFace(path, frame, jpeg));
      grown(FACE_BYTES);
    }
  };

  const facesOf = async (wanted: number[]) => {
    const missing = new Set(wanted.filter((frame) => !decoded.has(frame)));
    if (missing.size > 0) await decode(missing);
    return wanted.map((frame) => decoded.get(frame)!);
  };

  const readWhole = async (): Promise<WholeClip> => {
    const images = await facesOf(Array.from({ length: frames }, (_, frame) => frame));
    const faces = new Uint8Array(frames * FACE_BYTES);
    for (const [frame, image] of images.entries()) {
      const place = faces.subarray(frame * FACE_BYTES, (frame + 1) * FACE_BYTES);
      place.set(image);
      decoded.set(frame, place); // so that nothing is held twice
    }
    using file = await openSafetensors(path);
    const audio = (await readSamples(file)).subarray(firstSample, firstSample + samples);
    grown(audio.byteLength);
    return { frames, faces, mel, columns, audio, mouth, voiced };
  };

  return {
    ...{ frames, mel, columns, mouth, voiced },
    faces: facesOf,
    whole: async () => whole ??= await readWhole(),
  };
}
