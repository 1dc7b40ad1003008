import { type FaceGenerator, faceGenerator } from "../../inference/generate.ts";
import { KitError } from "../../base/errors.ts";
import { fileHash } from "../../base/files.ts";
import { disposeParams } from "../../nn/params.ts";
import type { Config } from "../../training/config.ts";
import { bestPath, loadGenerator, readRun } from "../../training/run.ts";
import { FRAMES, systemOf } from "../../training/systems.ts";

/** A trained system that takes part in an evaluation. */
export interface EvaluatedSystem {
  /** The paper's name for it; "L1 on frames" for what systems start from. */
  name: string;
  /** Seed of its training. */
  seed: number;
  run: string;
  /** A hash of its weights. */
  weights: string;
  /** Name of the prepared folder that it was trained on. */
  data: string;
}

/** The system whose switches a configuration has, or the start that systems share; what was changed beyond them is said. */
const nameOf = (config: Config): string =>
  systemOf(config) ?? (config.system === FRAMES ? FRAMES : undefined) ??
    `${config.system}, ${config.gan.discriminator === "frozen" ? "frozen discriminator" : "changed"}`;

/** What a generator's run says of its system. Throws KitError when it is no such run or of another layout version. */
export async function describeSystem(run: string): Promise<EvaluatedSystem> {
  const file = await readRun(run, "generator");
  const weights = await fileHash(bestPath(run));
  return { name: nameOf(file.config), seed: file.config.seed, run, weights, data: file.data.name };
}

/** Describes several runs; throws KitError when two are the same system with the same seed. */
export async function describeSystems(runs: string[]): Promise<EvaluatedSystem[]> {
  const systems: EvaluatedSystem[] = [];
  for (const run of runs) {
    const system = await describeSystem(run);
    const twin = systems.find(({ name, seed }) => name === system.name && seed === system.seed);
    if (twin) {
      throw new KitError(
        `${twin.run} and ${run} are both ${system.name} with seed ${system.seed}`,
        "Give each system once for each seed",
      );
    }
    systems.push(system);
  }
  return systems;
}

/** A system that draws. */
export interface OpenSystem {
  generate: FaceGenerator;
  /** Frees the network. */
  dispose(): void;
}

/** Loads a system's generator. Throws KitError when the run holds none. */
export async function openSystem(run: string): Promise<OpenSystem> {
  const loaded = await loadGenerator(run);
  return { generate: faceGenerator(loaded), dispose: () => disposeParams(loaded.params) };
}
