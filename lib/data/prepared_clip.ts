import { KitError } from "../errors.ts";
import { FACE_SIZE } from "../media/face_crop.ts";
import { decodeJpeg } from "../media/jpeg.ts";
import { MEL_BANDS, MEL_WINDOW, melStart } from "../media/mel.ts";
import { type OpenSafetensors, openSafetensors } from "../weights/safetensors.ts";

/** Frames a sync window. */
export const SYNC_FRAMES = 5;
/** Bytes of one RGB face crop. */
export const FRAME_BYTES = FACE_SIZE * FACE_SIZE * 3;
/** A window whose mel values lie below this on the average has nobody speaking in it. */
const VOICED = -2.9;

/** A prepared clip's sound, and its pictures as they are asked for. */
export interface PreparedClip {
  frames: number;
  /** [columns, 80] on the +-4 scale. */
  mel: Float32Array;
  columns: number;
  /** Whether a sync window starting at each frame holds speech. */
  voiced: boolean[];
  /** RGB crops of some frames, [96, 96, 3] bytes each. Throws KitError when one is damaged. */
  faces(frames: number[]): Promise<Uint8Array[]>;
  /** All of it; once read, it is kept as well. */
  whole(): Promise<WholeClip>;
}

/** A prepared clip in memory. */
export interface WholeClip {
  frames: number;
  /** RGB crops, [frames, 96, 96, 3] bytes. */
  faces: Uint8Array;
  /** [columns, 80] on the +-4 scale. */
  mel: Float32Array;
  columns: number;
  /** 16 kHz mono. */
  sound: Int16Array;
  /** Inner-lip gap and mouth width by frame, [frames, 2], as shares of the face's height. */
  mouth: Float32Array;
  /** Whether a sync window starting at each frame holds speech. */
  voiced: boolean[];
}

/** Start frames at which both 5 frames and 16 mel columns remain. */
export const windowsOf = (frames: number, columns: number): number => {
  let windows = Math.max(0, frames - SYNC_FRAMES + 1);
  while (windows > 0 && melStart(windows - 1) + MEL_WINDOW > columns) windows--;
  return windows;
};

/** Whether each window of a mel [columns, 80] is louder than silence. */
function voicedWindows(mel: Float32Array, windows: number): boolean[] {
  const columns = mel.length / MEL_BANDS;
  const upTo = new Float64Array(columns + 1); // sum of all values before a column
  for (let column = 0, at = 0; column < columns; column++) {
    let sum = 0;
    for (let band = 0; band < MEL_BANDS; band++) sum += mel[at++];
    upTo[column + 1] = upTo[column] + sum;
  }
  return Array.from({ length: windows }, (_, frame) => {
    const from = melStart(frame);
    return (upTo[from + MEL_WINDOW] - upTo[from]) / (MEL_WINDOW * MEL_BANDS) > VOICED;
  });
}

/** Where each frame's JPEG begins among `size` bytes, and where the last one ends: [frames + 1]. */
function checkedOffsets(path: string, bytes: Uint8Array, size: number): Float64Array {
  const offsets = Float64Array.from(new BigInt64Array(bytes.slice().buffer), Number);
  const ascend = offsets.every((offset, k) => offset >= (k === 0 ? 0 : offsets[k - 1]));
  if (offsets.length > 0 && ascend && offsets.at(-1)! <= size) return offsets;
  throw new KitError(`The frame offsets of ${path} do not fit its frames`, "Prepare the clip again");
}

function decodeFace(path: string, frame: number, jpeg: Uint8Array): Uint8Array {
  const remedy = "Prepare the clip again";
  let picture;
  try {
    picture = decodeJpeg(jpeg);
  } catch (cause) {
    throw new KitError(`Frame ${frame} of ${path} is no whole JPEG picture`, remedy, { cause });
  }
  const { rgb, width, height } = picture;
  if (width === FACE_SIZE && height === FACE_SIZE) return rgb;
  throw new KitError(`Frame ${frame} of ${path} is ${width} x ${height}, not ${FACE_SIZE} pixels`, remedy);
}

/** Reads from a file and closes it, whatever happens. */
async function reading<T>(path: string, read: (file: OpenSafetensors) => Promise<T>): Promise<T> {
  const file = await openSafetensors(path);
  try {
    return await read(file);
  } finally {
    file.close();
  }
}

/**
 * Opens one prepared clip: its sound is read now, its pictures are read and decoded when they are first asked for,
 * and kept. `grown` hears of the bytes that it takes in memory. Throws KitError when the file is damaged.
 */
export async function openPreparedClip(
  path: string,
  grown: (bytes: number) => void = () => {},
): Promise<PreparedClip> {
  const { offsets, mel } = await reading(path, async (file) => {
    const stored = file.header.tensors.frames, size = stored ? stored.end - stored.start : 0;
    const offsets = checkedOffsets(path, await file.read("frame_offsets"), size);
    return { offsets, mel: await file.readF32("mel") };
  });
  const frames = offsets.length - 1, columns = mel.length / MEL_BANDS;
  const voiced = voicedWindows(mel, windowsOf(frames, columns));
  const decoded = new Map<number, Uint8Array>();
  let whole: WholeClip | undefined;
  grown(mel.byteLength + offsets.byteLength);

  const decode = (missing: Iterable<number>) =>
    reading(path, async (file) => {
      for (const frame of missing) {
        const jpeg = await file.readRange("frames", offsets[frame], offsets[frame + 1]);
        decoded.set(frame, decodeFace(path, frame, jpeg));
        grown(FRAME_BYTES);
      }
    });

  const facesOf = async (wanted: number[]) => {
    const missing = new Set(wanted.filter((frame) => !decoded.has(frame)));
    if (missing.size > 0) await decode(missing);
    return wanted.map((frame) => decoded.get(frame)!);
  };

  const readWhole = async (): Promise<WholeClip> => {
    const pictures = await facesOf(Array.from({ length: frames }, (_, frame) => frame));
    const faces = new Uint8Array(frames * FRAME_BYTES);
    for (const [frame, picture] of pictures.entries()) {
      const place = faces.subarray(frame * FRAME_BYTES, (frame + 1) * FRAME_BYTES);
      place.set(picture);
      decoded.set(frame, place); // so that nothing is held twice
    }
    return await reading(path, async (file) => {
      const sound = new Int16Array((await file.read("sound")).slice().buffer);
      const mouth = await file.readF32("mouth");
      grown(sound.byteLength + mouth.byteLength);
      return { frames, faces, mel, columns, sound, mouth, voiced };
    });
  };

  return {
    ...{ frames, mel, columns, voiced },
    faces: facesOf,
    whole: async () => whole ??= await readWhole(),
  };
}
