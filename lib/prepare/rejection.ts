import { KitError } from "../base/errors.ts";

/** Why a clip was left out, as one machine word. */
export type RejectReason =
  | ("not-readable" | "not-a-video" | "truncated" | "damaged" | "no-sound" | "silent" | "no-face")
  | ("face-lost" | "several-faces" | "too-short" | "sound-short" | "shot-change" | "crashed");

/** Why a video was left out: a machine word, and the circumstances in words. */
export interface Rejection {
  reason: RejectReason;
  detail: string;
}

/** Thrown where a clip turns out to be unfit; it ends that clip, not the run. */
export class Reject extends Error {
  constructor(readonly reason: RejectReason, readonly detail: string) {
    super(detail);
  }
}

/** What became of a video: clips, or the reasons why not. */
export interface Outcome<Row> {
  rows: Row[];
  rejects: (Rejection & { id: string })[];
}

/** Runs the making of a clip; a Reject thrown in it becomes its rejection, faults of the machine stay faults. */
export async function orRejection<Row>(
  id: string,
  making: () => Promise<Outcome<Row>>,
): Promise<Outcome<Row>> {
  try {
    return await making();
  } catch (error) {
    if (!(error instanceof Reject)) throw error;
    return { rows: [], rejects: [{ id, reason: error.reason, detail: error.detail }] };
  }
}

/** Runs a reading of a video or sound, turning what is wrong with the file into a rejection. */
export async function reading<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (!(error instanceof KitError) || /ffmpeg at|not set up/.test(error.what)) throw error;
    const reasons: [RegExp, RejectReason][] = [
      [/ is cut short/, "truncated"],
      [/ is damaged/, "damaged"],
      [/ has no sound/, "no-sound"],
      [/ not a video|is empty|has no video|how long it is/, "not-a-video"],
    ];
    const [, reason] = reasons.find(([pattern]) => pattern.test(error.what)) ?? [, "not-readable" as const];
    throw new Reject(reason, error.what);
  }
}
