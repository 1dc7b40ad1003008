import { FACE_SIZE, HALF_FACE, MEL_BANDS, MEL_WINDOW, SYNC_FRAMES } from "../base/shapes.ts";
import { type Block, scaled } from "../nn/conv.ts";
import { countParameters, type Specs } from "../nn/params.ts";
import {
  AUDIO_ENCODER,
  FACE_DECODER,
  FACE_ENCODER,
  type GeneratorConfig,
  generatorSpecs,
} from "./generator.ts";
import {
  AUDIO_BLOCKS,
  type SyncDiscriminatorConfig,
  syncDiscriminatorSpecs,
  VIDEO_BLOCKS,
} from "./sync_discriminator.ts";

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

/** The size of what flows through a network. */
interface Size {
  h: number;
  w: number;
  c: number;
}

const sizeText = ({ h, w, c }: Size) => `${h} × ${w} × ${c}`;

/** Parameters below some paths of a network. */
function parametersOf(specs: Specs, paths: string[], part = ""): number {
  const below = Object.entries(specs).filter(([name]) =>
    paths.some((path) => name.startsWith(`${path}/${part}`))
  );
  return countParameters(Object.fromEntries(below));
}

const sameRun = (a: Block, b: Block | undefined) => b?.residual && a.residual && a.filters === b.filters;

function operationText({ kernel, stride, residual }: Block, times: number): string {
  const step = stride[0] === stride[1] ? String(stride[0]) : `${stride[0]} × ${stride[1]}`;
  const conv = `${kernel} × ${kernel} conv${step === "1" ? "" : `, stride ${step}`}`;
  return residual ? `${times > 1 ? `${times} × ` : ""}(${conv} + input)` : conv;
}

/** The rows of a chain of blocks at `path/0` onwards; `from` is changed to the size that comes out. */
function chainRows(
  specs: Specs,
  path: string,
  { blocks, width, from }: { blocks: readonly Block[]; width: number; from: Size },
): LayerRow[] {
  const rows: LayerRow[] = [];
  for (let k = 0; k < blocks.length;) {
    let end = k + 1;
    while (sameRun(blocks[k], blocks[end])) end++;
    const { filters, kernel, stride, pad } = blocks[k];
    from.h = Math.floor((from.h + 2 * pad - kernel) / stride[0]) + 1;
    from.w = Math.floor((from.w + 2 * pad - kernel) / stride[1]) + 1;
    from.c = scaled(filters, width);
    const paths = Array.from({ length: end - k }, (_, layer) => `${path}/${k + layer}`);
    rows.push({
      layer: end - k > 1 ? `${path}/${k}–${end - 1}` : `${path}/${k}`,
      operation: operationText(blocks[k], end - k),
      output: sizeText(from),
      parameters: parametersOf(specs, paths),
      "of which CBAM": parametersOf(specs, paths, "cbam/"),
    });
    k = end;
  }
  return rows;
}

const inputRow = (layer: string, size: Size): LayerRow => ({
  layer,
  operation: "input",
  output: sizeText(size),
  parameters: 0,
  "of which CBAM": 0,
});

function totalRow(specs: Specs, cbam: number): LayerRow {
  const parameters = countParameters(specs);
  return { layer: "all", operation: "", output: "", parameters, "of which CBAM": cbam };
}

const sum = (rows: LayerRow[]) => rows.reduce((all, row) => all + row["of which CBAM"], 0);

/** The sync discriminator layer by layer: LSTM, audio encoder, video encoder, and the sum of parameters. */
export function syncDiscriminatorRows(config: SyncDiscriminatorConfig): LayerRow[] {
  const { width } = config, specs = syncDiscriminatorSpecs(config);
  const audio = { h: MEL_BANDS, w: MEL_WINDOW, c: 1 };
  const lips = { h: HALF_FACE, w: FACE_SIZE, c: 3 * SYNC_FRAMES };
  const lstm: LayerRow = {
    layer: "audio/lstm",
    operation: `LSTM of ${MEL_BANDS} units over ${MEL_WINDOW} mel columns`,
    output: sizeText(audio),
    parameters: parametersOf(specs, ["audio/lstm"]),
    "of which CBAM": 0,
  };
  const rows = [
    inputRow("audio: mel window", audio),
    ...(config.lstm === "front" ? [lstm] : []),
    ...chainRows(specs, "audio", { blocks: AUDIO_BLOCKS, width, from: audio }),
    inputRow("video: 5 lower half faces", lips),
    ...chainRows(specs, "video", { blocks: VIDEO_BLOCKS, width, from: lips }),
  ];
  return [...rows, totalRow(specs, sum(rows))];
}

/** The decoder's rows: each step joins the face encoder's output of the same size. */
function decoderRows(
  specs: Specs,
  { width, skips }: { width: number; skips: { name: string; size: Size }[] },
) {
  const rows: LayerRow[] = [];
  const from: Size = { h: 1, w: 1, c: 0 };
  const joined = (row: LayerRow) => {
    const { name, size } = skips.pop()!;
    return { ...row, "joined with": `${name}, ${size.c} channels` };
  };
  const push = (layer: string, operation: string, paths = [layer]) =>
    rows.push({
      layer,
      operation,
      output: sizeText(from),
      parameters: parametersOf(specs, paths),
      "of which CBAM": 0,
    });
  from.c = scaled(512, width);
  push("decoder/0", "1 × 1 conv");
  rows.push(joined(rows.pop()!));
  FACE_DECODER.forEach(({ filters, stride, residuals }, k) => {
    const side = stride === 1 ? from.h + 2 : 2 * from.h;
    Object.assign(from, { h: side, w: side, c: scaled(filters, width) });
    push(`decoder/${k + 1}/up`, `3 × 3 transposed conv, stride ${stride}`);
    const paths = Array.from({ length: residuals }, (_, layer) => `decoder/${k + 1}/${layer}`);
    const times = residuals > 1 ? `${residuals} × ` : "";
    push(
      `decoder/${k + 1}/0${residuals > 1 ? `–${residuals - 1}` : ""}`,
      `${times}(3 × 3 conv + input)`,
      paths,
    );
    rows.push(joined(rows.pop()!));
  });
  from.c = scaled(32, width);
  push("output/0", "3 × 3 conv");
  from.c = 3;
  push("output/rgb", "1 × 1 conv, sigmoid");
  return rows;
}

/** The generator layer by layer: face encoder, audio encoder, decoder with its skips, and the sum of parameters. */
export function generatorRows(config: GeneratorConfig): LayerRow[] {
  const { width } = config, specs = generatorSpecs(config);
  const face = { h: FACE_SIZE, w: FACE_SIZE, c: 6 }, audio = { h: MEL_BANDS, w: MEL_WINDOW, c: 1 };
  const rows: LayerRow[] = [inputRow("face: masked pose and reference", face)];
  const skips = FACE_ENCODER.map((blocks, k) => {
    rows.push(...chainRows(specs, `face/${k}`, { blocks, width, from: face }));
    return { name: `face/${k}`, size: { ...face } };
  });
  rows.push(
    inputRow("audio: mel window", audio),
    ...chainRows(specs, "audio", { blocks: AUDIO_ENCODER, width, from: audio }),
    ...decoderRows(specs, { width, skips }),
  );
  return [...rows, totalRow(specs, 0)].map(({ "of which CBAM": _, ...row }) => row as LayerRow);
}
