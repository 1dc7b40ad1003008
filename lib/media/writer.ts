import { dirname } from "node:path";
import { KitError } from "../base/errors.ts";
import { makeFolder, writing } from "../base/files.ts";
import { FRAME_RATE, SAMPLE_RATE } from "../base/shapes.ts";
import { probe } from "./probe.ts";
import { commonClock, inputArguments, readingFault, startFfmpeg } from "./ffmpeg.ts";
import { toInt16 } from "./audio.ts";

/** A video being written. */
export interface VideoWriter {
  /** Adds one frame, RGB24 [height, width, 3]; the bytes may be reused once it resolves. */
  write(frame: Uint8Array): Promise<void>;
  /** Finishes the file under its own name. */
  close(): Promise<void>;
  /** Gives up and leaves nothing behind; after `close` or a fault it does nothing. */
  abort(): Promise<void>;
}

interface WriterOptions {
  width: number;
  height: number;
  /** A media file's path, or 16 kHz mono in [-1, 1]. */
  audio?: string | Float32Array;
  /** x264's quality: 0 is lossless, 18 looks so, 23 is its default. */
  crf?: number;
}

/** A running ffmpeg that takes bytes and writes a file. */
interface Encoder {
  pipe: WritableStreamDefaultWriter<Uint8Array>;
  /** Ends the bytes and waits for ffmpeg; returns what it complained of when it failed, otherwise undefined. */
  finish(): Promise<string | undefined>;
  kill(): void;
}

function startEncoder(args: string[]): Encoder {
  const options = { stdin: "piped", stdout: "null" } as const;
  const { child, complaints, kill } = startFfmpeg(["-v", "error", "-y", ...args], options);
  const pipe = child.stdin.getWriter();
  return {
    pipe,
    async finish() {
      await pipe.close().catch(() => {}); // closed already, when ffmpeg has stopped by itself
      const { success } = await child.status, text = await complaints;
      return success ? undefined : text;
    },
    kill,
  };
}

/** Arguments that turn raw frames on standard input into an H.264 file; x264 must not outweigh the networks on a CPU. */
function imageArguments(to: string, { width, height, crf }: { width: number; height: number; crf: number }) {
  // Players take an unlabelled video for BT.709 or BT.601 by its size, so it is labelled; and 4:2:0 needs even sizes.
  const filter = "scale=ceil(iw/2)*2:ceil(ih/2)*2:flags=bicubic+accurate_rnd+full_chroma_int" +
    ":out_color_matrix=bt709:out_range=limited,setsar=1,format=yuv420p";
  return [
    ...`-f rawvideo -pixel_format rgb24 -video_size ${width}x${height}`.split(" "),
    ...`-framerate ${FRAME_RATE} -i pipe:0`.split(" "),
    ...`-vf ${filter} -c:v libx264 -preset veryfast -crf ${crf}`.split(" "),
    ..."-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv".split(" "),
    ...["-movflags", "+faststart", "-f", "mp4", `file:${to}`],
  ];
}

/** Arguments that join the finished image with the audio: silence fills a short one, a long one ends at `seconds`. */
function joinArguments(image: string, { audio, seconds, to }: {
  audio: string | Float32Array;
  seconds: number;
  to: string;
}): string[] {
  const samples = `-f s16le -ar ${SAMPLE_RATE} -ac 1 -i pipe:0`.split(" ");
  const filter = `aresample=async=1:first_pts=0,apad=whole_dur=${seconds},atrim=end=${seconds}`;
  return [
    ...["-i", `file:${image}`, ...(typeof audio === "string" ? inputArguments(audio) : samples)],
    ...`-map 0:v:0 -c:v copy -map 1:a:0 -af ${filter} -c:a aac -b:a 128k -map_metadata -1`.split(" "),
    ...["-movflags", "+faststart", "-f", "mp4", `file:${to}`],
    ...(typeof audio === "string" ? commonClock(1) : []),
  ];
}

/** Turns what ffmpeg wrote about writing `path` into a KitError. */
function writingFault(path: string, complaints: string): KitError {
  if (/No space left/i.test(complaints)) {
    const remedy = "The disk is full: free some space and run the same command again";
    return new KitError(`Cannot write ${path}`, remedy);
  }
  if (/Permission denied|Read-only/i.test(complaints)) {
    return new KitError(`Cannot write ${path}`, "The place is not writable: choose another folder");
  }
  const last = complaints.trim().split("\n").at(-1) || "it gave no reason";
  return new KitError(`Cannot write ${path}: ffmpeg stopped (${last})`, "Check the folder and the options");
}

/** Removes a file that may not be there. */
async function removeIfThere(path: string): Promise<void> {
  await Deno.remove(path).catch((error) => {
    const absent = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
    if (!absent) throw error;
  });
}

/**
 * Opens an mp4 (H.264, with `audio` also AAC) that frames are written to one by one; it carries the name `path` only
 * once it is whole (`<path>.part` and `<path>.picture.part` before). Image and audio start together and end with the
 * video. An odd width or height grows by one pixel.
 *
 * Faults (a place that is not writable, a full disk, an audio file without audio) come as KitError from the next `write`
 * or from `close`, and leave nothing behind. A frame of the wrong size is a RangeError.
 */
export function openVideoWriter(path: string, options: WriterOptions): VideoWriter {
  const { width, height, crf = 18, audio } = options;
  const part = `${path}.part`, image = audio === undefined ? part : `${path}.picture.part`;
  let frames = 0;

  async function start(): Promise<Encoder> {
    if (typeof audio === "string" && !(await probe(audio)).audio) {
      throw readingFault(audio, "'0:a' matches no streams");
    }
    await makeFolder(dirname(path));
    return startEncoder(imageArguments(image, { width, height, crf }));
  }
  const encoder = start();
  encoder.catch(() => {}); // told by the next call

  async function clear(): Promise<void> {
    await Promise.all([removeIfThere(part), removeIfThere(image)]);
  }
  /** How long the sound is and where it comes from is known only now, so it joins the video at the end. */
  async function joinAudio(audio: string | Float32Array): Promise<void> {
    const joiner = startEncoder(joinArguments(image, { audio, seconds: frames / FRAME_RATE, to: part }));
    // A refused write shows in what ffmpeg says at its end; it stops reading a sound that is longer than the video.
    if (typeof audio !== "string") {
      await joiner.pipe.write(new Uint8Array(toInt16(audio).buffer)).catch(() => {});
    }
    const complaints = await joiner.finish();
    if (complaints !== undefined) throw writingFault(path, complaints);
    await removeIfThere(image);
  }

  return {
    async write(frame) {
      if (frame.length !== width * height * 3) {
        throw new RangeError(
          `A frame of ${width}x${height} has ${width * height * 3} bytes, not ${frame.length}`,
        );
      }
      const { pipe, finish } = await encoder;
      try {
        await pipe.write(frame);
      } catch {
        const complaints = await finish() ?? "";
        await clear();
        throw writingFault(path, complaints);
      }
      frames++;
    },
    async close() {
      const { finish } = await encoder;
      try {
        const complaints = await finish();
        if (frames === 0) {
          throw new KitError(`${path} would be a film without frames`, "Give at least one frame");
        }
        if (complaints !== undefined) throw writingFault(path, complaints);
        if (audio !== undefined) await joinAudio(audio);
        await writing(path, () => Deno.rename(part, path));
      } catch (error) {
        await clear();
        throw error;
      }
    },
    async abort() {
      const running = await encoder.catch(() => undefined);
      running?.kill();
      await running?.finish();
      await clear();
    },
  };
}
