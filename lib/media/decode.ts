/** Frames and audio out of video and audio files, through ffmpeg. */
import { KitError } from "../base/errors.ts";
import { FRAME_RATE, SAMPLE_RATE } from "../base/shapes.ts";
import { checkWhole } from "./container.ts";
import { probe } from "./probe.ts";
import { decoded } from "./ffmpeg.ts";
import { fromInt16 } from "./audio.ts";

/**
 * Time zero is the container's: a stream that starts late is filled with silence and one that starts early (the
 * priming samples of AAC) is cut. Sixteen bits, because the public systems read sound from 16-bit wav files.
 */
const AUDIO_FILTER = "aresample=async=1:first_pts=0," +
  `aformat=sample_fmts=s16:sample_rates=${SAMPLE_RATE}:channel_layouts=mono`;

/** 16-bit little-endian bytes -> sound in [-1, 1). */
function audioOf(bytes: Uint8Array<ArrayBuffer>): Float32Array {
  return fromInt16(new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1));
}

/**
 * Yields a video's frames as RGB24 bytes, each [height, width, 3] row-major, one at a time: `fps` frames a second from
 * the container's time zero, turned upright, with square pixels; a video of another rate has frames dropped or repeated.
 *
 * `width` and `height` are those of `probe` unless given; one alone keeps the shape. Leaving the loop early ends ffmpeg.
 * Throws KitError when the file is no video or has none, and, after the frames before, where it is damaged.
 */
export async function* decodeFrames(
  path: string,
  { width, height, fps = FRAME_RATE }: { width?: number; height?: number; fps?: number } = {},
): AsyncGenerator<Uint8Array> {
  const { video } = await probe(path);
  if (!video) throw new KitError(`${path} has no video`, "Give a file that has video");
  const shape = video.width / video.height;
  const wide = width ?? (height ? Math.max(1, Math.round(height * shape)) : video.width);
  const tall = height ?? (width ? Math.max(1, Math.round(width / shape)) : video.height);
  // A stream that starts late begins with copies of its first frame, so that frame i is the one shown at i / fps.
  const filter = `fps=${fps}:start_time=0,scale=${wide}:${tall}:flags=bicubic,setsar=1`;
  const args = [
    "-map",
    "0:V:0",
    "-vf",
    filter,
    "-fps_mode",
    "passthrough",
    "-pix_fmt",
    "rgb24",
    "-f",
    "rawvideo",
  ];
  const bytes = wide * tall * 3;
  for await (const frame of decoded(path, { args, bytes })) {
    if (frame.byteLength === bytes) yield frame;
  }
}

/**
 * Yields a file's first sound stream in blocks of `seconds` (the last may be shorter), 16 kHz mono in [-1, 1), aligned
 * with `decodeFrames`: sample 640 i belongs to frame i. Several channels are averaged, as librosa's `load` does.
 * Throws KitError when there is no sound or where the file is damaged.
 */
export async function* audioBlocks(
  path: string,
  { seconds, start = 0, duration }: { seconds: number; start?: number; duration?: number },
): AsyncGenerator<Float32Array> {
  await checkWhole(path);
  const first = Math.round(start * SAMPLE_RATE);
  const filter = first ? `${AUDIO_FILTER},atrim=start_sample=${first}` : AUDIO_FILTER;
  const args = ["-map", "0:a:0", "-af", filter, "-f", "s16le"];
  const bytes = 2 * Math.max(1, Math.round(seconds * SAMPLE_RATE));
  let left = duration === undefined ? Infinity : Math.round(duration * SAMPLE_RATE);
  if (left <= 0) return;
  for await (const block of decoded(path, { args, bytes: Math.min(bytes, 2 * left) })) {
    const audio = audioOf(block);
    yield audio.length > left ? audio.slice(0, left) : audio;
    left -= audio.length;
    if (left <= 0) return; // which ends ffmpeg: the rest of the file is not read
  }
}

/**
 * Reads a file's sound, or the part from `start` for `duration` seconds: [samples], 16 kHz mono in [-1, 1), 64 kB a
 * second. Video and sound files alike; aligned with `decodeFrames`. Throws KitError as `soundBlocks` does.
 */
export async function decodeAudio(
  path: string,
  { start, duration }: { start?: number; duration?: number } = {},
): Promise<Float32Array> {
  const blocks: Float32Array[] = [];
  for await (const block of audioBlocks(path, { seconds: 10, start, duration })) blocks.push(block);
  const audio = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let place = 0;
  for (const block of blocks) {
    audio.set(block, place);
    place += block.length;
  }
  return audio;
}
