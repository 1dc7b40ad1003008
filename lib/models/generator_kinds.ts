import { FACE_SIZE, MEL_BANDS, MEL_WINDOW } from "../base/shapes.ts";
import { initialize, type Params } from "../nn/params.ts";
import { describe, type Description, type Scope } from "../nn/scope.ts";
import { type Generated, generator, type GeneratorInputs } from "./generator.ts";
import { lipgan } from "./lipgan.ts";
import { speech2vid } from "./speech2vid.ts";

/** The networks that redraw faces; "wav2lip" is the paper's generator too. */
export type GeneratorKind = "wav2lip" | "lipgan" | "speech2vid";

export interface GeneratorConfig {
  kind: GeneratorKind;
  width: number;
}

/** What a generator of any kind is: mel [batch, 80, 16, 1] and faces [batch, 96, 96, 6] in, a face in 0..1 out. */
export type GeneratorNetwork = (net: Scope, inputs: GeneratorInputs) => Generated;

export const GENERATORS: Record<GeneratorKind, GeneratorNetwork> = { wav2lip: generator, lipgan, speech2vid };

export const describeGenerator = ({ kind, width }: GeneratorConfig): Description =>
  describe(width, (net, input) => {
    const mel = input(MEL_BANDS, MEL_WINDOW, 1), faces = input(FACE_SIZE, FACE_SIZE, 6);
    return GENERATORS[kind](net, { mel, faces });
  });

export const initGenerator = (config: GeneratorConfig, seed: number): Params =>
  initialize(describeGenerator(config).specs, seed);

/** Something made once for each kind, such as a compiled step. */
export const forEachKind = <T>(make: (network: GeneratorNetwork) => T): Record<GeneratorKind, T> => ({
  wav2lip: make(GENERATORS.wav2lip),
  lipgan: make(GENERATORS.lipgan),
  speech2vid: make(GENERATORS.speech2vid),
});
