import { countParameters } from "../nn/params.ts";
import type { Description, Layer, Size } from "../nn/scope.ts";
import { describeGenerator, type GeneratorConfig } from "./generator_kinds.ts";
import { describeSyncDiscriminator, type SyncDiscriminatorConfig } from "./sync_discriminator.ts";

/** One layer, or a run of equal residual layers, of a network: a row to hold against the paper's table. */
export type LayerRow = {
  /** Path in the parameter tree; "video/2–3" stands for two layers. */
  layer: string;
  operation: string;
  /** "rows × columns × channels" of what comes out. */
  output: string;
  parameters: number;
  /** Parameters of the layer's CBAM, counted in `parameters` too. */
  "of which CBAM": number;
  /** What the decoder joins to this output, when it does. */
  "joined with"?: string;
};

const sizeText = ({ h, w, c }: Size) => `${h} × ${w} × ${c}`;

/** Where a layer's block lies. */
const blockOf = ({ path }: Layer) => path.replace(/\/conv$/, "");

/** Layers in rows: residual layers of one size that follow each other share one. */
function runsOf(layers: Layer[]): Layer[][] {
  const runs: Layer[][] = [];
  for (const layer of layers) {
    const last = runs.at(-1)?.[0];
    const isSame = layer.kind === "residual" && last?.kind === "residual" && last.c === layer.c;
    if (isSame) runs.at(-1)!.push(layer);
    else runs.push([layer]);
  }
  return runs;
}

function operationText({ kind, kernel = [1, 1], stride = [1, 1], activation, h, w }: Layer, times: number) {
  if (kind === "LSTM") return `LSTM of ${h} units over ${w} mel columns`;
  const step = stride[0] === stride[1] ? String(stride[0]) : stride.join(" × ");
  if (kind === "transposed") return `${kernel.join(" × ")} transposed conv, stride ${step}`;
  const conv = `${kernel.join(" × ")} conv${step === "1" ? "" : `, stride ${step}`}`;
  if (kind === "residual") return `${times > 1 ? `${times} × ` : ""}(${conv} + input)`;
  return activation ? `${conv}, ${activation}` : conv;
}

/** A run's path; the decoder's first layer stands alone and goes by its step's. */
function layerText(run: Layer[]): string {
  const first = blockOf(run[0]).replace(/^decoder\/0\/0$/, "decoder/0");
  return run.length > 1 ? `${first}–${blockOf(run.at(-1)!).split("/").at(-1)}` : first;
}

/** A network layer by layer, the inputs of its encoders (by the first part of their path) in words, and the sum. */
function layerRows({ specs, layers, skips }: Description, inputs: Record<string, string>): LayerRow[] {
  const parametersBelow = (path: string) =>
    countParameters(
      Object.fromEntries(Object.entries(specs).filter(([name]) => name.startsWith(`${path}/`))),
    );
  const totalBelow = (paths: string[]) => paths.reduce((sum, path) => sum + parametersBelow(path), 0);
  const inputRows = Object.entries(inputs).map(([encoder, words]): [Layer, LayerRow] => {
    const first = layers.find(({ path }) => path.startsWith(`${encoder}/`))!, output = sizeText(first.from);
    const row = { layer: `${encoder}: ${words}`, operation: "input", output, parameters: 0 };
    return [first, { ...row, "of which CBAM": 0 }];
  });
  const inputOf = new Map(inputRows);
  const rows = runsOf(layers).flatMap((run): LayerRow[] => {
    const [first] = run, last = run.at(-1)!, blocks = run.map(blockOf);
    const skip = skips.find(({ to }) => to === last)?.from;
    const group = skip?.path.split("/").slice(0, 2).join("/");
    return [...(inputOf.has(first) ? [inputOf.get(first)!] : []), {
      layer: layerText(run),
      operation: operationText(first, run.length),
      output: sizeText(last),
      parameters: totalBelow(blocks),
      "of which CBAM": totalBelow(blocks.map((path) => `${path}/cbam`)),
      ...(skip ? { "joined with": `${group}, ${skip.c} channels` } : {}),
    }];
  });
  const cbam = rows.reduce((sum, row) => sum + row["of which CBAM"], 0), parameters = countParameters(specs);
  return [...rows, { layer: "all", operation: "", output: "", parameters, "of which CBAM": cbam }];
}

/** The sync discriminator layer by layer: LSTM, audio encoder, video encoder, and the sum of parameters. */
export const syncDiscriminatorRows = (config: SyncDiscriminatorConfig): LayerRow[] =>
  layerRows(describeSyncDiscriminator(config), { audio: "mel window", video: "5 lower half faces" });

/** The paper's generator layer by layer: face encoder, audio encoder, decoder with its skips, and the sum of parameters. */
export function generatorRows({ width }: Pick<GeneratorConfig, "width">): LayerRow[] {
  const inputs = { face: "masked pose and reference", audio: "mel window" };
  const rows = layerRows(describeGenerator({ kind: "wav2lip", width }), inputs);
  return rows.map(({ "of which CBAM": _, ...row }) => row as LayerRow);
}
