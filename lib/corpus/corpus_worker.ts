/** A drawing process: reads the clip plans of a speaker a line, writes one answer a line (see `drawCorpus`). */
import { createInterface } from "node:readline";
import process from "node:process";
import { KitError } from "../base/errors.ts";
import { openSpeech } from "./speech.ts";
import { openRenderer } from "./render_clip.ts";

const say = (answer: unknown) => process.stdout.write(`${JSON.stringify(answer)}\n`);

const speech = openSpeech(), draw = openRenderer(speech);
say({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const { plans, folder } = JSON.parse(line), drawn = [];
  try {
    for (const plan of plans) drawn.push(await draw(plan, folder));
    say({ drawn });
  } catch (error) {
    if (!(error instanceof KitError)) throw error; // ends this process; the parent tells what it said
    say({ fault: error.what, remedy: error.remedy });
  }
}
await speech.close();
