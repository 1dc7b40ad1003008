import { sampleAppearance } from "../../lib/corpus/portrait/appearance.ts";
import { FRAME_SIZE, openFace, STILL } from "../../lib/corpus/face.ts";
import { ffmpeg } from "../media/made_video.ts";

/** Frames of one syllable: the drawn mouth opens and shuts once in 0.4 s. */
const SYLLABLE = 10;

/** How far the mouth is open in frame `t`, 0 to 1. */
export const opening = (t: number) => 0.5 - 0.5 * Math.cos((2 * Math.PI * t) / SYLLABLE);

/** One syllable of a drawn face as RGB frames [224, 224, 3]. */
export function talkingFrames(person = 0): Uint8Array[] {
  const paint = openFace(sampleAppearance(1, person));
  return Array.from({ length: SYLLABLE }, (_, t) => {
    const open = opening(t);
    return paint(STILL, { open, width: 0, round: 0, jaw: open, press: 0, tuck: 0, tongue: 0 });
  });
}

/**
 * Writes a video of a drawn face talking at 25 frames/s for `seconds`, with a humming sound.
 * @param filter ffmpeg's video filters, to make something else of it
 */
export async function makeFaceVideo(
  path: string,
  {
    seconds = 2,
    person = 0,
    filter = "null",
    soundSeconds: audioSeconds = seconds,
    level = 0.3,
    audio = true,
    rate = "25",
  }: {
    seconds?: number;
    person?: number;
    filter?: string;
    soundSeconds?: number;
    level?: number;
    audio?: boolean;
    rate?: string;
  } = {},
): Promise<string> {
  const raw = await Deno.makeTempFile();
  try {
    const frames = talkingFrames(person);
    using file = await Deno.open(raw, { write: true });
    for (let t = 0; t < Math.ceil(seconds * 25); t++) file.writeSync(frames[t % SYLLABLE]);
    const size = `${FRAME_SIZE}x${FRAME_SIZE}`;
    const hum = `aevalsrc='${level}*sin(2*PI*150*t)*(0.6-0.4*cos(5*PI*t))':s=16000:d=${audioSeconds}`;
    await ffmpeg(
      ...["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", "25", "-t", `${seconds}`, "-i", raw],
      ...(audio ? ["-f", "lavfi", "-i", hum] : []),
      ...["-vf", filter, "-r", rate, "-c:v", "libx264", "-preset", "veryfast", "-crf", "15"],
      ...["-pix_fmt", "yuv420p", "-c:a", "aac", `file:${path}`],
    );
  } finally {
    await Deno.remove(raw);
  }
  return path;
}
