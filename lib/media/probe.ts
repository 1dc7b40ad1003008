import { KitError } from "../base/errors.ts";
import { checkWhole } from "./container.ts";
import { inputArguments, readingFault, runFfmpeg } from "./ffmpeg.ts";

/** What a media file holds. */
export interface MediaInfo {
  /** Seconds, of the longest stream. */
  duration: number;
  /** Size as shown: after rotation, with square pixels. */
  video: { width: number; height: number; fps: number } | null;
  audio: boolean;
}

/** The first video among ffmpeg's stream descriptions; the cover image of a song is none. */
function videoOf(streams: string[]): MediaInfo["video"] {
  const text = streams.find((stream) => / Video: /.test(stream) && !/\(attached pic\)/.test(stream));
  const size = text && /, (\d+)x(\d+)(?: \[SAR (\d+):(\d+))?/.exec(text);
  if (!text || !size) return null;
  const [width, height, wide, tall] = size.slice(1).map((number) => Number(number ?? 1));
  const shape = wide && tall ? wide / tall : 1;
  // "fps" is the average rate; some streams have only "tbr", the guessed one. Large numbers come as "1k".
  const rate = /, ([\d.]+)(k?) fps/.exec(text) ?? /, ([\d.]+)(k?) tbr/.exec(text);
  const fps = rate ? Number(rate[1]) * (rate[2] ? 1000 : 1) : 0;
  const turn = Number(/display ?matrix: rotation of (-?[\d.]+)/i.exec(text)?.[1] ?? 0);
  const shown = [Math.max(1, Math.round(width * shape)), height];
  if (Math.abs(Math.round(turn)) % 180 === 90) shown.reverse();
  return { width: shown[0], height: shown[1], fps };
}

/** Seconds of a file whose container does not tell (a recording that was streamed), by reading it to its end. */
async function measuredDuration(path: string): Promise<number> {
  // Copying packets is quick but needs time stamps, which a bare stream has only once it is decoded.
  for (const codec of [["-c", "copy"], []]) {
    const { stdout } = await runFfmpeg([
      ...["-v", "error", "-progress", "pipe:1", ...inputArguments(path), "-map", "0:V?", "-map", "0:a?"],
      ...[...codec, "-f", "null", "-"],
    ]);
    const times = [...stdout.matchAll(/^out_time_us=(\d+)$/gm)];
    if (times.length) return Number(times.at(-1)![1]) / 1e6;
  }
  throw new KitError(`${path} does not tell how long it is`, "Convert it to mp4 first");
}

/**
 * Says what a media file holds, from ffmpeg's description of it.
 * Throws KitError when it is absent, empty, cut short, or neither video nor sound.
 */
export async function probe(path: string): Promise<MediaInfo> {
  await checkWhole(path);
  // Without an output ffmpeg describes its input, then complains that there is nothing to do.
  const { stderr } = await runFfmpeg(inputArguments(path));
  const input = /^Input #0, [^]*/m.exec(stderr)?.[0];
  if (!input) throw readingFault(path, stderr);
  const streams = input.split(/^ +(?=Stream #0:\d)/m).slice(1);
  const video = videoOf(streams), audio = streams.some((text) => / Audio: .*?, \d+ Hz, /.test(text));
  if (!video && !audio) throw readingFault(path, "Error opening input: no video and no sound");
  const clock = /^ +Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)/m.exec(input);
  const duration = clock
    ? Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3])
    : await measuredDuration(path);
  return { duration, video, audio };
}
