import { openSpeakerVideo, videoParts } from "../dataset/speaker_video.ts";
import { judgeParts, openRunJudge } from "../evaluation/judges/run_judge.ts";
import { FEWEST_WINDOWS, REACH, standsOut } from "../evaluation/metrics/lse.ts";
import { Progress } from "../base/progress.ts";
import { FRAME_RATE } from "../base/shapes.ts";

/** How well a video's sound and lips go together, as one judge sees it. */
export interface SyncReport {
  video: string;
  /** Frames at 25 frames/s that were judged. */
  frames: number;
  windows: number;
  /** In frames of 40 ms: above 0 the sound is early, below 0 it is late. */
  offset: number;
  offsetSeconds: number;
  lseD: number;
  lseC: number;
  /** Mean distance at each of the 31 offsets, from +15 to -15. */
  curve: { offset: number; distance: number }[];
  judge: string;
  protocol: string;
  run: string;
  /** Steps the judge was trained for. */
  step: number;
  /** Share of the looked-at frames in which the face was found. */
  detectionRate: number;
  /** What was left out, in words; empty when nothing was. */
  note: string;
}

/** Which way the sound is off, in words. */
export function offsetInWords(offset: number): string {
  if (offset === 0) return "sound and lips are together";
  const frames = Math.abs(offset) === 1 ? "1 frame" : `${Math.abs(offset)} frames`;
  return `the sound is ${frames} (${40 * Math.abs(offset)} ms) too ${offset > 0 ? "early" : "late"}`;
}

/** The curve as one line of 31 blocks, higher for larger distances: from offset -15 at the left to +15. */
function curveLine(curve: SyncReport["curve"]): string {
  const distances = curve.map(({ distance }) => distance).reverse();
  const low = Math.min(...distances), range = Math.max(...distances) - low || 1;
  return distances.map((distance) => "▁▂▃▄▅▆▇█"[Math.round(7 * (distance - low) / range)]).join("");
}

/** The report as lines for a person. */
export function reportLines(report: SyncReport): string[] {
  const { video, frames, offset, lseD, lseC, curve, judge, step, detectionRate, note } = report;
  const seen = `face found in ${Math.round(100 * detectionRate)} % of the frames looked at`;
  return [
    `${video}: ${frames} frames (${(frames / FRAME_RATE).toFixed(2)} s), ${seen}${note && `; ${note}`}`,
    `offset ${offset > 0 ? "+" : ""}${offset}: ${offsetInWords(offset)}`,
    `LSE-D ${lseD.toFixed(3)}  LSE-C ${lseC.toFixed(3)}`,
    `distance by offset, -15 (sound late) ${curveLine(curve)} +15 (sound early)`,
    `judge: ${judge}, ${step} steps; its scores do not compare with those of other judges`,
  ];
}

/** Writes the curve as an image: SVG, or PNG when the name says so. Throws KitError when it cannot be written. */
export async function writeSyncFigure(report: SyncReport, path: string): Promise<void> {
  const { offsetCurve } = await import("../figures/sync.ts");
  const { writeChart } = await import("../figures/svg.ts");
  const score = { ...report, curve: report.curve.map(({ distance }) => distance) };
  const source = { data: report.video.split("/").at(-1)!, note: `judge trained for ${report.step} steps` };
  await writeChart(path, offsetCurve({ film: score }, { source }));
}

const FLAT_NOTE =
  "the curve is nearly flat: this judge can hardly tell (was it trained on such faces and voices?)";

/**
 * Measures a video's lip sync with the discriminator of a run as the judge: offset, LSE-D, LSE-C and the distance at
 * each of 31 offsets (see `lse`). The video is streamed, the face followed and cropped as in preparing.
 * Throws KitError when the video cannot be read, is silent, shows no face that can be followed, is shorter than 35
 * frames, or when the run holds no discriminator.
 */
export async function syncReport(source: string, { run }: { run: string }): Promise<SyncReport> {
  const judge = await openRunJudge(run);
  try {
    const video = await openSpeakerVideo(source, { fewestWindows: FEWEST_WINDOWS });
    const { frames, windows, detectionRate, notes } = video;
    using progress = new Progress("judging", windows, { unit: "windows" });
    const score = await judgeParts(judge, videoParts(video), (done) => progress.update(done));
    const { distances, offset, lseD, lseC } = score;
    return {
      ...{ video: video.source, frames, windows, offset, offsetSeconds: offset / FRAME_RATE, lseD, lseC },
      curve: Array.from(distances, (distance, i) => ({ offset: REACH - i, distance })),
      ...{ judge: judge.name, protocol: judge.procedure, run, step: judge.step, detectionRate },
      note: [...notes, ...standsOut(score) ? [] : [FLAT_NOTE]].join("; "),
    };
  } finally {
    judge.dispose();
  }
}
