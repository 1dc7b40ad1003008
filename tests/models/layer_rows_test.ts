import assert from "node:assert/strict";
import { generatorRows, type LayerRow, syncDiscriminatorRows } from "../../lib/models/layer_rows.ts";

const find = (rows: LayerRow[], layer: string) => rows.find((row) => row.layer === layer)!;
const sumOf = (rows: LayerRow[], column: "parameters" | "of which CBAM") =>
  rows.slice(0, -1).reduce((sum, row) => sum + row[column], 0);

Deno.test("without LSTM and CBAM the discriminator is Wav2Lip's colour SyncNet, 16,435,072 parameters", () => {
  const rows = syncDiscriminatorRows({ lstm: "none", cbam: false, width: 1 });
  assert.equal(rows.at(-1)!.parameters, 16_435_072);
  assert.equal(sumOf(rows, "parameters"), 16_435_072);
  assert.equal(find(rows, "audio/lstm"), undefined);
  const video = rows.filter(({ layer }) => layer.startsWith("video/")).map(({ output }) => output);
  const sizes = ["48 × 96 × 32", "46 × 47 × 64", "46 × 47 × 64", "23 × 24 × 128", "23 × 24 × 128"];
  assert.deepEqual(video.slice(0, 5), sizes);
  assert.equal(video.at(-1), "1 × 1 × 512");
});

Deno.test("LSTM and CBAMs add what their sizes say", () => {
  const rows = syncDiscriminatorRows({ lstm: "front", cbam: true, width: 1 });
  // Four gates of 80 units over 80 inputs and 80 states, with one bias.
  assert.equal(find(rows, "audio/lstm").parameters, 4 * 80 * (80 + 80 + 1));
  // Shared MLP 64 -> 4 -> 64 with biases, 7 x 7 over two planes with one.
  assert.equal(find(rows, "audio/3")["of which CBAM"], 64 * 4 + 4 + 4 * 64 + 64 + 7 * 7 * 2 + 1);
  assert.equal(find(rows, "audio/4–5")["of which CBAM"], 2 * find(rows, "audio/3")["of which CBAM"]);
  const total = rows.at(-1)!;
  assert.equal(total.parameters, 16_435_072 + 51_520 + total["of which CBAM"]);
  assert.equal(sumOf(rows, "of which CBAM"), total["of which CBAM"]);
});

Deno.test("the generator has Wav2Lip's 36,298,035 parameters; each decoder step joins the face of its size", () => {
  const rows = generatorRows({ width: 1 });
  assert.equal(rows.at(-1)!.parameters, 36_298_035);
  assert.equal(sumOf(rows, "parameters"), 36_298_035);
  const joins = rows.filter((row) => row["joined with"]);
  assert.deepEqual(joins.map((row) => row["joined with"]), [
    ...["face/6, 512 channels", "face/5, 512 channels", "face/4, 256 channels", "face/3, 128 channels"],
    ...["face/2, 64 channels", "face/1, 32 channels", "face/0, 16 channels"],
  ]);
  for (const row of joins) {
    const [skip] = row["joined with"]!.split(",");
    const encoder = rows.findLast(({ layer }) => layer.startsWith(`${skip}/`))!;
    assert.equal(encoder.output.split(" × ", 2).join(), row.output.split(" × ", 2).join());
  }
  assert.equal(rows.at(-2)!.output, "96 × 96 × 3");
});
