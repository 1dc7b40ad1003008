/** All trainings that the paper's tables need: which there are, and what each one starts from. */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Config } from "../training/config.ts";
import { configureSystem, FRAMES, needsDiscriminator, systems } from "../training/systems.ts";

/** One training of the tables. */
export interface SweepJob {
  /** A system, "discriminator of ..." or "frames": what a person reads. */
  name: string;
  seed: number;
  kind: "discriminator" | "generator";
  run: string;
  config: Config;
  /** Steps that this training takes itself. */
  steps: number;
  /** Run folder of the pretrained discriminator it needs. */
  discriminator?: string;
  /** Run folder whose generator it goes on from. */
  from?: string;
}

/** A folder's name for a system. */
export const folderOf = (system: string): string =>
  system.toLowerCase().replaceAll("w/o", "without").replaceAll("&", "and").replace(/[^a-z0-9]+/g, "-");

/** The first system with this one's discriminator: the others use it too. */
function ownerOfDiscriminator(name: string): string {
  const { discriminator } = systems[name];
  return Object.keys(systems).find((other) =>
    isDeepStrictEqual(systems[other].discriminator, discriminator)
  )!;
}

/** Whether a system's generator learns frames by L1 alone, as others do, before it meets its discriminator. */
const sharesFrames = ({ gan, generator }: Config): boolean =>
  gan.frameSteps > 0 && generator.kind === "wav2lip" && gan.sync === "discriminator" && !gan.quality;

/** The configuration of the frames that several systems share. */
const framesConfig = (config: Config): Config => ({
  ...config,
  system: FRAMES,
  gan: { ...config.gan, sync: "none", discriminator: "none", steps: config.gan.frameSteps },
});

/** Each job once, by its run folder. */
const distinct = (jobs: SweepJob[]) => [...new Map(jobs.map((job) => [job.run, job])).values()];

/**
 * The trainings of one seed, each after those that it starts from. Systems with the same discriminator share its
 * pretraining, and systems with the same generator and loss share the steps before windows: those are the same numbers.
 */
export function planSeed(
  { preset, settings = [], seed, folder, names = Object.keys(systems) }: {
    preset: string;
    /** Changes of the preset, such as "gan.frameSteps=960": the same for every system. */
    settings?: string[];
    seed: number;
    /** Where the runs go. */
    folder: string;
    names?: string[];
  },
): SweepJob[] {
  const place = (name: string) => join(folder, `seed-${seed}`, folderOf(name));
  const configOf = (system: string) =>
    configureSystem(preset, { system, settings: [...settings, `seed=${seed}`] });
  const pretrained = (system: string) => `discriminator of ${ownerOfDiscriminator(system)}`;

  const pretrainings = names.filter((name) => needsDiscriminator(configOf(name))).map((name): SweepJob => {
    const config = configOf(ownerOfDiscriminator(name)), job = pretrained(name);
    return {
      ...{ name: job, seed, kind: "discriminator", run: place(job), config },
      steps: config.pretrain.steps,
    };
  });
  // From one system's configuration, whichever of those that share it are trained: none of its discriminators comes in.
  const framesAlone = framesConfig(configOf("Ours"));
  const frames = names.map(configOf).filter(sharesFrames).map((): SweepJob => ({
    ...{ name: FRAMES, seed, kind: "generator", run: place(FRAMES), config: framesAlone },
    steps: framesAlone.gan.steps,
  }));
  const generators = names.map((name): SweepJob => {
    const config = configOf(name), shares = sharesFrames(config), { steps, frameSteps } = config.gan;
    return {
      ...{ name, seed, kind: "generator", run: place(name), config },
      steps: shares ? steps - frameSteps : steps,
      discriminator: needsDiscriminator(config) ? place(pretrained(name)) : undefined,
      from: shares ? place(FRAMES) : undefined,
    };
  });
  // Long ones first, so that two processes end together.
  const bySteps = (jobs: SweepJob[]) => jobs.toSorted((a, b) => b.steps - a.steps);
  return distinct([...bySteps([...pretrainings, ...frames]), ...bySteps(generators)]);
}
