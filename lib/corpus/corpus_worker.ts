/** A rendering process: renders the clips of a speaker at a time (see `generateCorpus`). */
import { serveJobs } from "../base/worker_pool.ts";
import type { RenderJob } from "./corpus.ts";
import { openRenderer, type RenderedClip } from "./render_clip.ts";
import { openSpeech } from "./speech.ts";

await serveJobs(() => {
  const render = openRenderer(openSpeech());
  return Promise.resolve(async ({ plans, folder }: RenderJob) => {
    const rendered: RenderedClip[] = [];
    for (const plan of plans) rendered.push(await render(plan, folder));
    return rendered;
  });
});
