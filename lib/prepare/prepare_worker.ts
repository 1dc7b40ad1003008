/** A preparing process (see `prepare`). */
import { serveJobs } from "../base/worker_pool.ts";
import { loadFaceDetector } from "../media/face_detector.ts";
import { type ClipJob, measureAgain, prepareClip } from "./prepare_clip.ts";
import { prepareCrops } from "./prepare_crops.ts";

await serveJobs(async () => {
  await loadFaceDetector();
  return async (job: ClipJob) => {
    if (job.measure) return await measureAgain(job, job.measure);
    return await (job.kind === "crops" ? prepareCrops(job) : prepareClip(job));
  };
});
