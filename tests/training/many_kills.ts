// Trainings killed at random moments, many times: `deno task kills`. Ends with status 1 when a number differs.
import { join } from "node:path";
import { random } from "../../lib/base/random.ts";
import { Progress } from "../../lib/base/progress.ts";
import type { Row } from "../../lib/base/parquet.ts";
import { table } from "../../lib/figures/table.ts";
import { inFolder } from "../prepared.ts";
import { differences, live, openMortal } from "./killed_runs.ts";
import type { MortalTraining } from "./mortal_training.ts";
import { kill } from "../waiting.ts";

/** Kills of each kind of training. */
const KILLS = 25;
const KINDS = ["pretrain", "train"] as const;
/** Milliseconds after an event in which a kill from outside may come. */
const LATEST = 400;

/** What a training was at when it was killed, by its event: "3: last.safetensors.part write 100". */
function phaseOf(event: string): string {
  const what = event.replace(/^\d+: /, "");
  if (/^last|^best/.test(what)) return "writing a checkpoint";
  if (/^log/.test(what)) return "writing the log";
  return what === "opening" || what.startsWith("run") ? "opening" : what;
}

/** Kills a training again and again until it has died often enough, and compares each that ended with one never killed. */
async function killOften(kind: MortalTraining["kind"], folder: string, progress: () => void) {
  const training = await openMortal(kind, folder), numbers = random(1);
  const { events } = await live(training("straight"));
  const straight = join(folder, "straight"), deaths = new Map<string, number>(), found: string[] = [];
  let killed = 0, life = 0;
  while (killed < KILLS) {
    const run = join(folder, `killed ${life++}`), name = `killed ${life - 1}`;
    let left = events.slice(0, -1);
    while (killed < KILLS && left.length > 0) {
      const event = numbers.pick(left), outside = numbers.uniform() < 0.5, delay = numbers.uniform(0, LATEST);
      // By itself at an event, or from outside some time after it: amid a step, an evaluation, a write.
      const { signal } = outside
        ? await live(training(name), (heard, process) => {
          if (heard === event) setTimeout(() => kill(process), delay);
        })
        : await live({ ...training(name), dies: event });
      if (signal === null) break; // it had come past that moment
      killed++;
      progress();
      const at = outside ? "a random time" : phaseOf(event);
      deaths.set(at, (deaths.get(at) ?? 0) + 1);
      left = left.slice(left.indexOf(event) + 1);
    }
    const { code } = await live(training(name));
    if (code !== 0) found.push(`the last of its processes ended with status ${code}`);
    found.push(...await differences(run, straight));
  }
  return { deaths, found, runs: life };
}

const rows: Row[] = [];
let bad = 0, done = 0;
{
  using progress = new Progress("kills", KINDS.length * KILLS, { unit: "kills" });
  for (const kind of KINDS) {
    await inFolder(async (folder) => {
      const { deaths, found, runs } = await killOften(kind, folder, () => progress.update(++done));
      bad += found.length;
      found.forEach((line) => console.error(`${kind}: ${line}`));
      for (const [at, kills] of deaths) rows.push({ training: kind, "killed at": at, kills });
      rows.push({
        training: kind,
        "killed at": `all, in ${runs} runs`,
        kills: KILLS,
        differences: found.length,
      });
    });
  }
}
console.log(table(rows).markdown);
console.log(
  bad === 0 ? "Every run has the numbers of one that was never killed." : `${bad} numbers or files differ.`,
);
Deno.exit(bad === 0 ? 0 : 1);
