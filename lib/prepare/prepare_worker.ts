/** A preparing process (see `prepare`). */
import { serveJobs } from "../base/worker_pool.ts";
import { loadFaceDetector } from "../media/face_detector.ts";
import { prepareClip } from "./prepare_clip.ts";

await serveJobs(async () => {
  await loadFaceDetector();
  return prepareClip;
});
