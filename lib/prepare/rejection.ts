import { KitError } from "../base/errors.ts";
import { levelOf, SILENCE_DB } from "../media/audio.ts";

/** Why a clip was left out, as one machine word. */
type Reason =
  | ("not-readable" | "not-a-video" | "truncated" | "damaged" | "no-sound" | "silent" | "no-face")
  | ("face-lost" | "several-faces" | "too-short" | "sound-short" | "shot-change" | "crashed");

/** Of what a table says of an example, so much is shown. */
const LONGEST_DETAIL = 150;

/** Why a video, or a part of one, was left out: a machine word, and the circumstances in words. */
export interface Rejection {
  id: string;
  reason: Reason;
  detail: string;
}

/** A table of reasons for which films were left out, the commonest first, with how many and an example of each. */
export function rejectLines(rejects: { id: string; reason: string; detail: string }[]): string[] {
  const byReason = [...Map.groupBy(rejects, ({ reason }) => reason)].sort(([, a], [, b]) =>
    b.length - a.length
  );
  const longest = Math.max(...byReason.map(([reason]) => reason.length));
  return byReason.map(([reason, [{ id, detail }, ...others]]) =>
    `${String(others.length + 1).padStart(5)}  ${reason.padEnd(longest)}  ${
      others.length > 0 ? "such as " : ""
    }${id}: ` +
    detail.replace(/\s*\n\s*/g, " ").slice(0, LONGEST_DETAIL)
  );
}

/** Thrown where a clip turns out to be unfit; it ends that clip, not the run. */
export class Reject extends Error {
  constructor(readonly reason: Reason, readonly detail: string) {
    super(detail);
  }
}

/** Makes something of a clip; a Reject thrown in it becomes the clip's rejection, faults of the machine stay faults. */
export async function orRejection<T>(id: string, making: () => T | Promise<T>): Promise<T | Rejection> {
  try {
    return await making();
  } catch (error) {
    if (!(error instanceof Reject)) throw error;
    return { id, reason: error.reason, detail: error.detail };
  }
}

/** Runs a reading of a video or audio, turning what is wrong with the file into a rejection. */
export async function reading<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (!(error instanceof KitError) || /ffmpeg at|not set up/.test(error.what)) throw error;
    const reasons: [RegExp, Reason][] = [
      [/ is cut short/, "truncated"],
      [/ is damaged/, "damaged"],
      [/ has no sound/, "no-sound"],
      [/ not a video|is empty|has no video|how long it is/, "not-a-video"],
    ];
    const [, reason] = reasons.find(([pattern]) => pattern.test(error.what)) ?? [, "not-readable" as const];
    throw new Reject(reason, error.what);
  }
}

/** Level of an audio in dB of full scale; throws Reject when it is empty or too quiet to be speech. */
export function checkAudio(audio: Float32Array | Int16Array): number {
  const level = levelOf(audio);
  if (audio.length === 0) throw new Reject("no-sound", "its sound track is empty");
  if (level < SILENCE_DB) throw new Reject("silent", `its sound has ${level.toFixed(0)} dB of full scale`);
  return level;
}
