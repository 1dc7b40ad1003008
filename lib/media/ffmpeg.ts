/** The one way to run the ffmpeg program. */
import { join } from "node:path";
import { KitError } from "../base/errors.ts";
import { startProgram } from "../base/processes.ts";
import { ROOT } from "../base/root.ts";

/**
 * Containers that are opened, by ffmpeg's names. Play lists, scripts and image sequences are left out: a file of
 * that kind makes ffmpeg open other files than the one named.
 */
const CONTAINERS =
  "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,m4v,h264,hevc,ivf,obu,flv," +
  "asf,ogg,dv,mxf,nut,rm,mjpeg,yuv4mpegpipe,wav,w64,aiff,caf,au,flac,mp3,aac,ac3,eac3,amr";

/**
 * Arguments of an output that writes nothing and keeps both streams of input `index` in use: in containers like mpg and
 * ts, ffmpeg counts time from the first packet of the streams in use, so that a video and its sound read apart would each
 * begin at zero. (setts numbers its packets, since here their disorder is no fault.)
 */
export function commonClock(index: number): string[] {
  const kept = ["-map", `${index}:V:0?`, "-map", `${index}:a:0?`];
  return [...kept, "-c", "copy", "-bsf", "setts=ts=N", "-f", "null", "-"];
}

/** What ffmpeg writes, with exit status 0, when a file ends before it should or its structure breaks off. */
const CUT_SHORT = /partial file|ended prematurely/i;
const BROKEN_OFF = /EBML number's first byte|exceeds containing master/i;
const CUT_SHORT_REMEDY = "Copy or download it again, or leave it out";

/** The binary inside the imageio-ffmpeg wheel of one environment folder, or undefined. */
function binaryInside(environment: string): string | undefined {
  const folders = (path: string) => {
    try {
      return [...Deno.readDirSync(path)].map((entry) => entry.name).sort();
    } catch {
      return [];
    }
  };
  const libraries = join(environment, "lib");
  const packages = folders(libraries)
    .filter((name) => name.startsWith("python"))
    .map((name) => join(libraries, name, "site-packages"));
  for (const place of [...packages, join(environment, "Lib", "site-packages")]) {
    const binaries = join(place, "imageio_ffmpeg", "binaries");
    const name = folders(binaries).find((name) => name.startsWith("ffmpeg"));
    if (name) return join(binaries, name);
  }
}

/**
 * Path of the ffmpeg program: that named by the environment variable KIT_FFMPEG, or else the one that set-up put into
 * `.venv`. Throws KitError when there is none.
 */
export function ffmpegPath(): string {
  const named = Deno.env.get("KIT_FFMPEG");
  if (named) return named;
  const binary = binaryInside(join(ROOT, ".venv"));
  if (!binary) throw new KitError("ffmpeg is not set up", "Run: deno task setup");
  return binary;
}

/**
 * Arguments that open `path` as an input, whatever characters are in it: as a local file only (never as an option, an
 * address or a play list).
 */
export function inputArguments(path: string): string[] {
  return ["-protocol_whitelist", "file,pipe", "-format_whitelist", CONTAINERS, "-i", `file:${path}`];
}

/** Reads a stream of text to its end, keeping the first and the last 16 KiB (a damaged video complains without end). */
async function collect(stream: ReadableStream<Uint8Array>): Promise<string> {
  const limit = 16384;
  let head = "", tail = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const room = limit - head.length;
    head += text.slice(0, room);
    tail = (tail + text.slice(room)).slice(-limit);
  }
  return head + tail;
}

/** A running ffmpeg. */
export interface Running {
  child: Deno.ChildProcess;
  /** What it writes on standard error, once it has ended. */
  complaints: Promise<string>;
  kill(): void;
}

/**
 * Starts ffmpeg with an argument list (no shell), its standard input piped or empty; its standard output is the
 * caller's to read. Throws KitError if it cannot.
 */
export function startFfmpeg(
  args: string[],
  { stdin = "null", stdout = "piped" }: Pick<Deno.CommandOptions, "stdin" | "stdout"> = {},
): Running {
  const program = ffmpegPath(), command = [program, "-hide_banner", "-nostats", ...args] as const;
  let child: Deno.ChildProcess;
  try {
    child = startProgram(command, { env: { AV_LOG_FORCE_NOCOLOR: "1" }, stdin, stdout });
  } catch (error) {
    throw new KitError(`Cannot start ffmpeg at ${program}`, "Run: deno task setup", { cause: error });
  }
  const kill = () => {
    try {
      child.kill("SIGKILL");
    } catch { /* it has ended by itself */ }
  };
  return { child, complaints: collect(child.stderr), kill };
}

/** Runs ffmpeg to its end and returns what it wrote on its two outputs. */
export async function runFfmpeg(args: string[]): Promise<{ stdout: string; stderr: string }> {
  const { child, complaints } = startFfmpeg(args);
  const [stdout, stderr] = await Promise.all([collect(child.stdout), complaints, child.status]);
  return { stdout, stderr };
}

/** Turns what ffmpeg wrote about reading `path` into a KitError. */
export function readingFault(path: string, complaints: string): KitError {
  if (/matches no streams/.test(complaints)) {
    const kind = /'\d+:a/.test(complaints) ? "sound" : "video";
    return new KitError(`${path} has no ${kind}`, `Give a file that has ${kind}`);
  }
  if (CUT_SHORT.test(complaints)) return new KitError(`${path} is cut short`, CUT_SHORT_REMEDY);
  if (/Error opening input|not on whitelist|could not find codec/i.test(complaints)) {
    return new KitError(
      `${path} is not a video or sound file that ffmpeg can read`,
      "Give an mp4, mov, mpg, avi or webm",
    );
  }
  const first = complaints.split("\n").find((line) => line.trim())?.replace(/^(\[[^\]]*\] ?)+/, "");
  return new KitError(
    `${path} is damaged: ffmpeg cannot decode it to the end (${first ?? "no reason given"})`,
    CUT_SHORT_REMEDY,
  );
}

/**
 * Runs ffmpeg over one input file and yields its output in pieces of `bytes` bytes (the last may be shorter), without
 * holding more than a piece. `args` come after the input and name the output's format.
 *
 * Leaving the loop early ends ffmpeg. Throws KitError when the file is damaged or cut short, after the pieces before.
 */
export async function* decoded(
  path: string,
  { args, bytes }: { args: string[]; bytes: number },
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  // -xerror: a damaged image is an error, not a guess at its content.
  const output = [...args, "pipe:1", ...commonClock(0)];
  const input = ["-v", "error", "-xerror", ...inputArguments(path)];
  const { child, complaints, kill } = startFfmpeg([...input, ...output]);
  // Reading into our own buffers spares a copy of every frame.
  const reader = child.stdout.getReader({ mode: "byob" });
  let running = true;
  try {
    let buffer = new ArrayBuffer(bytes), filled = 0;
    while (true) {
      const { value, done } = await reader.read(new Uint8Array(buffer, filled, bytes - filled));
      if (value) buffer = value.buffer;
      if (done) break;
      filled += value.byteLength;
      if (filled < bytes) continue;
      yield new Uint8Array(buffer);
      buffer = new ArrayBuffer(bytes);
      filled = 0;
    }
    const { success } = await child.status;
    running = false;
    const text = await complaints;
    if (!success || CUT_SHORT.test(text) || BROKEN_OFF.test(text)) throw readingFault(path, text);
    if (filled) yield new Uint8Array(buffer, 0, filled);
  } finally {
    if (running) {
      kill();
      await reader.cancel();
      await Promise.all([child.status, complaints]);
    }
  }
}
