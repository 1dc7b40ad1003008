import assert from "node:assert/strict";
import { REAL, SHUFFLED } from "../../lib/evaluation/scoring/score_row.ts";
import { distanceCurves, type DistancePoint, placesApart } from "../../lib/figures/distance_curves.ts";
import { plotSvg } from "../../lib/figures/svg.ts";

const source = { data: "made" };
const SYSTEMS = ["Ours", "w/o LSTM", "w/o CBAM", "w/o LSTM & CBAM", "Wav2Lip", "Wav2Lip + quality", "LipGAN"];

/** Distance 10 everywhere but 4 at offset 0. */
const points = (system: string): DistancePoint[] =>
  Array.from({ length: 31 }, (_, k) => ({ system, offset: k - 15, distance: k === 15 ? 4 : 10 }));

Deno.test("places that are too close make room for each other around their mean", () => {
  const options = { gap: 10, low: 0, high: 100 };
  assert.deepEqual(placesApart([50, 20, 80], options), [50, 20, 80]);
  assert.deepEqual(placesApart([50, 50, 50], options), [40, 50, 60]);
  assert.deepEqual(placesApart([52, 48], options), [55, 45]);
  // Two blocks that grow into each other become one, and the ends hold.
  assert.deepEqual(placesApart([30, 30, 41, 41], options), [20.5, 30.5, 40.5, 50.5]);
  assert.deepEqual(placesApart([0, 1, 2], options), [0, 10, 20]);
  assert.deepEqual(placesApart([99, 99], options), [90, 100]);
  assert.deepEqual(placesApart([], options), []);
});

Deno.test("the ends of the range hold for blocks that meet only there", () => {
  const options = { gap: 10, low: 0, high: 100 };
  assert.deepEqual(placesApart([82, 99, 99], options), [80, 90, 100]);
  assert.deepEqual(placesApart([2, 3, 14, 15, 60], options), [0, 10, 20, 30, 60]);
});

Deno.test("each line has its name at its end, no two of them overlap", () => {
  const names = [REAL, SHUFFLED, ...SYSTEMS];
  const svg = plotSvg(distanceCurves(names.flatMap(points), { source }));
  const texts = [
    ...svg.matchAll(/<text[^>]*transform="translate\(([\d.]+),([\d.]+)\)"[^>]*>([^<]*)<\/text>/g),
  ]
    .map(([, x, y, text]) => ({ x: Number(x), y: Number(y), text: text.replaceAll("&amp;", "&") }));
  const labels = names.map((name) => texts.filter(({ text }) => text === name));
  assert.deepEqual(labels.map(({ length }) => length), names.map(() => 1));
  const places = labels.map(([{ y }]) => y).sort((a, b) => a - b);
  places.slice(1).forEach((place, k) => assert.ok(place - places[k] >= 16 - 1e-6, `${places}`));
  assert.ok(places[0] >= 30 && places.at(-1)! <= 380 - 44);
  assert.ok(labels.every(([{ x }]) => x > 760 - 210), "right of the lines");
  // The seventh system begins the colours again, dashed; real video is black and grey.
  const paths = [...svg.matchAll(/<g[^>]*aria-label="line"[^>]*>/g)].map(([group]) => group);
  const curves = paths.slice(0, names.length);
  assert.match(curves[0], /stroke="#000000"/);
  assert.match(curves[1], /stroke="#767676"/);
  assert.match(curves[2], /stroke="#0072B2"/);
  assert.match(curves[8], /stroke="#0072B2"/);
  assert.match(curves[8], /stroke-dasharray="6,3"/);
});

Deno.test("distances at one offset are averaged, the curve is drawn by the axes", () => {
  const doubled = [
    ...points("Ours"),
    ...points("Ours").map((point) => ({ ...point, distance: point.distance + 2 })),
  ];
  const svg = plotSvg(distanceCurves(doubled, { source }));
  const [line] = [...svg.matchAll(/d="(M[^"]+)"/g)].map(([, path]) =>
    path.slice(1).split("L").map((pair) => pair.split(",").map(Number))
  ).filter(({ length }) => length === 31);
  // Means are 11 and 5; 6 % of their range on either side of 306 pixels from 336 up to 30.
  const y = (distance: number) => 336 - 306 * (distance - (5 - 0.36)) / (6 + 0.72);
  assert.ok(
    Math.abs(line[15][1] - y(5)) < 0.01 && Math.abs(line[0][1] - y(11)) < 0.01,
    `${line[15]} ${line[0]}`,
  );
  // From 60 to 760 - 210 for -15 to 15.
  assert.ok(Math.abs(line[0][0] - 60) < 0.01 && Math.abs(line[20][0] - (60 + 490 * 20 / 30)) < 0.01);
});
