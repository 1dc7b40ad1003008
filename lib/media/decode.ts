/** Frames and audio out of video and audio files, through ffmpeg. */
import { KitError } from "../base/errors.ts";
import { FRAME_RATE, SAMPLE_RATE } from "../base/shapes.ts";
import { fromInt16 } from "./audio.ts";
import { checkWhole } from "./container.ts";
import { decoded } from "./ffmpeg.ts";
import { probe } from "./probe.ts";

/**
 * Time zero is the container's: a stream that starts late is filled with silence and one that starts early (the
 * priming samples of AAC) is cut. Sixteen bits, because the public systems read audio from 16-bit wav files.
 */
const AUDIO_FILTER = "aresample=async=1:first_pts=0," +
  `aformat=sample_fmts=s16:sample_rates=${SAMPLE_RATE}:channel_layouts=mono`;
/** Bytes of audio read at once: ten seconds. */
const AUDIO_BLOCK = 10 * 2 * SAMPLE_RATE;

/**
 * Yields a video's frames as RGB24 bytes, each [height, width, 3] row-major, one at a time: 25 frames a second from the
 * container's time zero, turned upright, with square pixels; a video of another rate has frames dropped or repeated.
 *
 * The size is that of `probe` unless given. Leaving the loop early ends ffmpeg.
 * Throws KitError when the file is no video or has none, and, after the frames before, where it is damaged.
 */
export async function* decodeFrames(
  path: string,
  size?: { width: number; height: number },
): AsyncGenerator<Uint8Array> {
  const { video } = await probe(path);
  if (!video) throw new KitError(`${path} has no video`, "Give a file that has video");
  const { width, height } = size ?? video;
  // A stream that starts late begins with copies of its first frame, so that frame i is the one shown at i / 25.
  const filter = `fps=${FRAME_RATE}:start_time=0,scale=${width}:${height}:flags=bicubic,setsar=1`;
  const args = `-map 0:V:0 -vf ${filter} -fps_mode passthrough -pix_fmt rgb24 -f rawvideo`.split(" ");
  const bytes = width * height * 3;
  for await (const frame of decoded(path, { args, bytes })) {
    if (frame.byteLength === bytes) yield frame;
  }
}

/**
 * Reads a file's first audio stream: [samples], 16 kHz mono of 16 bits, aligned with `decodeFrames`: sample 640 i belongs
 * to frame i. Several channels are averaged, as librosa's `load` does. Video and audio files alike.
 * Throws KitError when there is no audio or where the file is damaged.
 */
export async function decodeInt16(path: string): Promise<Int16Array> {
  await checkWhole(path);
  const args = `-map 0:a:0 -af ${AUDIO_FILTER} -f s16le`.split(" ");
  const blocks = await Array.fromAsync(decoded(path, { args, bytes: AUDIO_BLOCK }));
  const audio = new Int16Array(blocks.reduce((sum, block) => sum + (block.length >> 1), 0));
  let place = 0;
  for (const { buffer, length } of blocks) {
    audio.set(new Int16Array(buffer, 0, length >> 1), place);
    place += length >> 1;
  }
  return audio;
}

/** The same in [-1, 1). */
export async function decodeAudio(path: string): Promise<Float32Array> {
  return fromInt16(await decodeInt16(path));
}
