// A training as a program, for tests that kill it: `mortal_training.ts <training as JSON>`. It says on standard output what
// it is at, one event a line, and kills itself at the event that it was told. Events name the step, so that they are
// the same ones however often the training was killed before.
import { basename } from "node:path";
import type { Config } from "../../lib/training/config.ts";
import { train } from "../../lib/training/gan.ts";
import { pretrain } from "../../lib/training/pretrain.ts";

export interface MortalTraining {
  kind: "pretrain" | "train";
  data: string;
  run: string;
  config: Config;
  /** Run folder of the pretrained discriminator, for "train". */
  discriminator?: string;
  /** The event at which it ends by SIGKILL. */
  dies?: string;
  /** The event at which it sends itself another signal, and goes on. */
  signal?: { name: Deno.Signal; at: string };
}

/** Whether the training evaluates itself after a step. */
function evaluatesAfter(step: number, { kind, config: { pretrain, gan } }: MortalTraining): boolean {
  if (kind === "pretrain") return step % pretrain.evaluateEvery === 0 || step === pretrain.steps;
  return step % gan.evaluateEvery === 0 || step === gan.steps || step === gan.frameSteps;
}

/** Writes into a file of which only every so many are told. */
const WRITES = 100;

/** Has `tell` hear of the writes into a file that is to replace another one, and of its renaming. */
function watchFiles(tell: (event: string) => void): void {
  const { open, rename } = Deno;
  Deno.open = async (path, options) => {
    const file = await open(path, options), name = basename(String(path));
    if (name.endsWith(".part")) {
      const write = file.write.bind(file);
      let writes = 0;
      tell(`${name} begun`);
      file.write = async (bytes) => {
        const written = await write(bytes);
        if (++writes % WRITES === 0) tell(`${name} write ${writes}`);
        return written;
      };
    }
    return file;
  };
  Deno.rename = async (from, to) => {
    tell(`${basename(String(from))} whole`);
    await rename(from, to);
    tell(`${basename(String(to))} there`);
  };
}

if (import.meta.main) {
  const training: MortalTraining = JSON.parse(Deno.args[0]);
  const { kind, data, run, config, discriminator, dies, signal } = training;
  let at = 0;
  const tell = (what: string) => {
    const event = `${at}: ${what}`;
    Deno.stdout.writeSync(new TextEncoder().encode(`${event}\n`));
    if (event === dies) Deno.kill(Deno.pid, "SIGKILL");
    if (event === signal?.at) Deno.kill(Deno.pid, signal.name);
  };
  const onStep = (step: number) => {
    at = step;
    tell("step");
    if (evaluatesAfter(step, training)) tell("evaluation");
  };
  watchFiles(tell);
  tell("opening");
  const options = { run, config, resume: true, onStep };
  const { ended } = kind === "pretrain"
    ? await pretrain(data, options)
    : await train(data, { ...options, discriminator });
  tell(`ended: ${ended}`);
}
