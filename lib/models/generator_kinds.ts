import { initialize, type Params, type Specs } from "../nn/params.ts";
import type { Tensor } from "../native/tf.ts";
import { generator, type GeneratorConfig, generatorSpecs } from "./generator.ts";
import { lipgan, lipganSpecs } from "./lipgan.ts";
import { speech2vid, speech2vidSpecs } from "./speech2vid.ts";

/** The networks that redraw faces; "wav2lip" is the paper's generator too. */
export type GeneratorKind = "wav2lip" | "lipgan" | "speech2vid";

export interface GeneratorOfKind extends GeneratorConfig {
  kind: GeneratorKind;
}

/** What a generator of any kind is: mel [batch, 80, 16, 1] and faces [batch, 96, 96, 6] in, a face in 0..1 out. */
export interface GeneratorNetwork {
  specs(config: GeneratorConfig): Specs;
  apply(
    params: Params,
    input: { mel: Tensor; faces: Tensor },
    mode: { training: boolean },
  ): { face: Tensor; statistics: Params };
}

export const GENERATORS: Record<GeneratorKind, GeneratorNetwork> = {
  wav2lip: { specs: generatorSpecs, apply: generator },
  lipgan: { specs: lipganSpecs, apply: lipgan },
  speech2vid: { specs: speech2vidSpecs, apply: speech2vid },
};

export const generatorSpecsOf = ({ kind, ...config }: GeneratorOfKind): Specs =>
  GENERATORS[kind].specs(config);

export const initGeneratorOf = (config: GeneratorOfKind, seed: number): Params =>
  initialize(generatorSpecsOf(config), seed);

/** Something made once for each kind, such as a compiled step. */
export const forEachKind = <T>(make: (network: GeneratorNetwork) => T): Record<GeneratorKind, T> => ({
  wav2lip: make(GENERATORS.wav2lip),
  lipgan: make(GENERATORS.lipgan),
  speech2vid: make(GENERATORS.speech2vid),
});
