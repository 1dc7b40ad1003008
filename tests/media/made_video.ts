import { ffmpegPath } from "../../lib/media/ffmpeg.ts";

export { inFolder } from "../in_folder.ts";

/** Runs ffmpeg with the given arguments, failing loudly. */
export async function ffmpeg(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(ffmpegPath(), {
    args: ["-v", "error", "-nostdin", "-y", ...args],
  }).output();
  if (!success) throw new Error(`ffmpeg ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** A video that is black and silent up to second `event`, when it turns white and clicks. */
export interface VideoOptions {
  fps?: string;
  seconds?: number;
  soundSeconds?: number;
  event?: number;
  size?: string;
  /** Codecs and container options. */
  encode?: string[];
  audio?: boolean;
  rate?: number;
}

/** Arguments of the two inputs of such a video. */
export function videoInputs(
  { fps = "25", seconds = 3, soundSeconds: audioSeconds = seconds, event = 1, size = "64x48", rate = 44100 }:
    VideoOptions = {},
): { picture: string[]; audio: string[] } {
  const white = `drawbox=c=white:t=fill:enable='gte(t,${event}-0.001)'`;
  const click = `if(between(t,${event},${event}+0.01),0.8*sin(2*PI*1000*(t-${event})),0)`;
  return {
    picture: ["-f", "lavfi", "-t", `${seconds}`, "-i", `color=black:s=${size}:r=${fps},${white}`],
    audio: ["-f", "lavfi", "-t", `${audioSeconds}`, "-i", `aevalsrc='${click}':s=${rate}`],
  };
}

/** Makes such a video at `path`. */
export async function makeVideo(path: string, options: VideoOptions = {}): Promise<string> {
  const { picture: image, audio } = videoInputs(options);
  const encode = options.encode ?? ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"];
  await ffmpeg(...image, ...(options.audio === false ? [] : audio), ...encode, `file:${path}`);
  return path;
}

/** Writes the first `share` of a file as another. */
export async function cutFile(path: string, { share, as }: { share: number; as: string }): Promise<string> {
  const bytes = await Deno.readFile(path);
  await Deno.writeFile(as, bytes.subarray(0, Math.floor(bytes.length * share)));
  return as;
}

/** Index of the first frame that is bright in the mean, and the number of frames. */
export async function brightFrom(
  frames: AsyncIterable<Uint8Array>,
): Promise<{ first: number; count: number }> {
  let first = -1, count = 0;
  for await (const frame of frames) {
    const mean = frame.reduce((sum, x) => sum + x, 0) / frame.length;
    if (first < 0 && mean > 128) first = count;
    count++;
  }
  return { first, count };
}

/** Seconds at which the sound is first loud. */
export function loudFrom(audio: Float32Array): number {
  return audio.findIndex((x) => Math.abs(x) > 0.15) / 16000;
}

/** The paths in a folder. */
export function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
}
