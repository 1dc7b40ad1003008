/** A preparing process: reads one job a line, writes one answer a line (see `prepare`). */
import { KitError } from "../base/errors.ts";
import { loadFaceDetector } from "../media/face_detector.ts";
import { openAnswers, serveLines } from "../base/processes.ts";
import { type ClipJob, measureAgain, prepareClip } from "./prepare_clip.ts";
import { prepareCrops } from "./prepare_crops.ts";

const say = openAnswers();

async function answer(line: string): Promise<void> {
  try {
    const job: ClipJob = JSON.parse(line);
    if (job.measure) say(await measureAgain(job, job.measure));
    else say(await (job.kind === "crops" ? prepareCrops(job) : prepareClip(job)));
  } catch (error) {
    // A fault that the next clip would meet too (a full disk) ends the whole work, any other only this clip.
    if (error instanceof KitError) say({ fault: error.what, remedy: error.remedy });
    else say({ reason: "crashed", detail: String((error as Error).stack ?? error).slice(0, 1000) });
  }
}

await loadFaceDetector();
say({ ready: true });
// When the process that gave the jobs was killed, the clip in hand is left at once, since the run that goes on may be
// at it already.
await serveLines(answer);
