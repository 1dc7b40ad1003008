import assert from "node:assert/strict";
import { aggregate } from "../../lib/evaluation/statistics/aggregate.ts";
import { TABLE_1, TABLE_2 } from "../../lib/evaluation/statistics/paper.ts";
import type { Scores } from "../../lib/evaluation/metrics/metrics.ts";
import { NO_SCORES, REAL, type ScoreRow, SHUFFLED } from "../../lib/evaluation/scoring/score_row.ts";
import { plotSvg } from "../../lib/figures/svg.ts";
import { scoreDistributions, scoreIntervals } from "../../lib/figures/system_scores.ts";

const source = { data: "made" };
const SYSTEMS = ["Ours", "w/o LSTM", "LipGAN"];

const rowOf = (given: Partial<ScoreRow> & Pick<ScoreRow, "system" | "video" | "sound">): ScoreRow => ({
  ...NO_SCORES,
  ...{ seed: 0, judge: "a judge", judge_version: "1", protocol: "kit", run: "", weights: "" },
  ...{ frames: 50, seconds: 2, distances: [], reason: "", ...given },
});

/** Four videos of each system and seed: LSE-D is `base` + a tenth of the seed + 0, 1, 2, 3. */
function rowsOf(system: string, { base, seeds }: { base: number; seeds: number[] }): ScoreRow[] {
  return seeds.flatMap((seed) =>
    [0, 1, 2, 3].map((k) => {
      const scores: Partial<Scores> = { lse_d: base + seed / 10 + k };
      return rowOf({ system, seed, video: `v${k}`, sound: system === REAL ? `v${k}` : `s${k}`, ...scores });
    })
  );
}

const rows = [
  ...rowsOf(REAL, { base: 6, seeds: [0] }),
  ...rowsOf(SHUFFLED, { base: 10, seeds: [0] }),
  ...SYSTEMS.flatMap((system, n) => rowsOf(system, { base: 7 + n, seeds: [1, 2, 6] })),
];

interface SampledBatch {
  tag: string;
  text: string;
  attributes: Record<string, string>;
}

/** The elements of an SVG in order, with what they inherit from the groups around them. */
function drawn(svg: string): SampledBatch[] {
  const found: SampledBatch[] = [], groups: Record<string, string>[] = [];
  for (
    const [, close, tag, given, self, text] of svg.matchAll(/<(\/?)(\w+)((?:[^>"/]|"[^"]*")*)(\/?)>([^<]*)/g)
  ) {
    if (close) {
      groups.pop();
      continue;
    }
    const own = Object.fromEntries(
      [...given.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
    );
    const attributes = { ...groups.at(-1), ...own };
    found.push({ tag, text, attributes });
    if (!self) groups.push(attributes);
  }
  return found;
}

/** Pixels of a score on the x axis, from the places of two of its ticks' labels. */
function axisOf(svg: string): (score: number) => number {
  const labels = drawn(svg).filter(({ attributes }) => attributes["aria-label"] === "x-axis tick label")
    .filter(({ tag, text }) => tag === "text" && text !== "")
    .map((
      { text, attributes },
    ) => [Number(text), Number(/translate\(([\d.]+)/.exec(attributes.transform)![1])]);
  const [[a, at], [b, to]] = [labels[0], labels.at(-1)!];
  return (score) => at + (score - a) * (to - at) / (b - a);
}

const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 0.6, `${a} where ${b} is right`);

Deno.test("bars end where the intervals do, dots are at the means, every seed has its tick", () => {
  const systems = aggregate(rows);
  const svg = plotSvg(scoreIntervals(systems, { metric: "lse_d", rows, source }));
  const all = drawn(svg), x = axisOf(svg);
  for (const name of [REAL, SHUFFLED, ...SYSTEMS]) {
    assert.equal(all.filter(({ tag, text }) => tag === "text" && text === name).length, 1, name);
  }
  const bars = all.filter(({ tag, attributes }) => tag === "line" && attributes["stroke-width"] === "8");
  const dots = all.filter(({ tag }) => tag === "circle");
  assert.deepEqual([bars.length, dots.length], [5, 5]);
  systems.forEach(({ scores }, k) => {
    const { mean, interval } = scores.lse_d!;
    near(Number(bars[k].attributes.x1), x(interval!.low));
    near(Number(bars[k].attributes.x2), x(interval!.high));
    near(Number(dots[k].attributes.cx), x(mean));
  });
  assert.deepEqual(dots.map(({ attributes }) => attributes.fill), [
    ...["#000000", "#767676", "#0072B2", "#0072B2", "#0072B2"],
  ]);
  // Seeds 1, 2 and 6 of a system with base 7: means 8.6, 8.7 and 9.1; real video was not trained and has no tick.
  const ticks = all.filter(({ tag, attributes }) => tag === "line" && attributes["stroke-width"] === "1.5");
  assert.equal(ticks.length, 9);
  [8.6, 8.7, 9.1].forEach((mean, k) => near(Number(ticks[k].attributes.x1), x(mean)));
  // Beside the rows stand the means: of Ours 1.5 + 7 + 0.3.
  assert.ok(all.some(({ text }) => text === "8.80") && all.some(({ text }) => text === "11.50"));
  assert.ok(all.some(({ text }) => text === "← LSE-D (lower is better)"));
  const guides = all.filter(({ tag, attributes }) =>
    tag === "line" && attributes["stroke-dasharray"] === "4,3"
  );
  assert.equal(guides.length, 1);
  near(Number(guides[0].attributes.x1), x(7.5));
});

Deno.test("the paper's numbers stand beside the chart and leave its axis alone", () => {
  const systems = aggregate(rows), paper = [...TABLE_1, ...TABLE_2];
  const svg = plotSvg(scoreIntervals(systems, { metric: "lse_d", paper, source }));
  const all = drawn(svg), printed = all.filter(({ attributes }) => attributes.fill === "#D55E00");
  const words = all.filter(({ tag }) => tag === "text" || tag === "tspan").map(({ text }) => text);
  for (const number of ["6.207", "6.537", "10.33"]) {
    assert.equal(words.filter((text) => text === number).length, 1, number);
  }
  assert.ok(!words.includes("14.23"), "Speech2Vid is not among the systems");
  const places = printed.filter(({ tag }) => tag === "circle").map(({ attributes }) => Number(attributes.cx));
  const [ours, lstm, lipgan] = [...places].sort((a, b) => a - b);
  assert.ok(ours > 760 - 196, "right of the chart and of the means");
  assert.ok(Math.abs((lstm - ours) / (lipgan - ours) - (6.537 - 6.207) / (10.33 - 6.207)) < 0.01);
  assert.ok(words.includes("(LRS2, official SyncNet)"));
});

Deno.test("what has no score is said: a failed system keeps its row, real video has none where it is the measure", () => {
  const own = rows.map((row) =>
    row.system === REAL || row.system === SHUFFLED ? row : { ...row, sound: row.video }
  );
  const scored = own.map((row): ScoreRow =>
    SYSTEMS.slice(0, 2).includes(row.system) ? { ...row, psnr: 30 } : row
  );
  const chart = scoreIntervals(aggregate(scored), { metric: "psnr", source });
  assert.deepEqual((chart.y as { domain: string[] }).domain, SYSTEMS);
  const words = drawn(plotSvg(chart)).map(({ text }) => text);
  assert.deepEqual(words.filter((text) => text === "30.00" || text === "no score"), [
    "30.00",
    "30.00",
    "no score",
  ]);
  assert.ok(words.includes("PSNR, dB (higher is better) →"));
  assert.throws(
    () => scoreIntervals(aggregate(rows), { metric: "psnr", source }),
    /No system has a score by PSNR/,
  );
  assert.throws(() => scoreIntervals(aggregate(rows), { metric: "offset", source }), /no metric offset/);
  const paper = TABLE_1;
  assert.throws(() => scoreIntervals(aggregate(scored), { metric: "psnr", paper, source }), /prints no PSNR/);
});

Deno.test("single videos are lines, their middle half and median a box below", () => {
  const svg = plotSvg(scoreDistributions(rows, { metric: "lse_d", source })),
    all = drawn(svg),
    x = axisOf(svg);
  const lines = all.filter(({ tag, attributes }) => tag === "line" && attributes["stroke-opacity"] === "0.4");
  assert.equal(lines.length, rows.length);
  // Real video has 6, 7, 8, 9: quartiles 6.75 and 8.25, median 7.5.
  rows.slice(0, 4).forEach((row, k) => near(Number(lines[k].attributes.x1), x(row.lse_d!)));
  const boxes = all.filter(({ tag, attributes }) => tag === "rect" && attributes.fill === "#cccccc");
  assert.equal(boxes.length, 5);
  near(Number(boxes[0].attributes.x), x(6.75));
  near(Number(boxes[0].attributes.x) + Number(boxes[0].attributes.width), x(8.25));
  const medians = all.filter(({ tag, attributes }) => tag === "line" && attributes["stroke-width"] === "3");
  near(Number(medians[0].attributes.x1), x(7.5));
  const bottom = Number(lines[0].attributes.y2), top = Number(boxes[0].attributes.y);
  assert.ok(top > bottom, "the box lies below the lines");
  const counted = all.map(({ text }) => text).filter((text) => text === "4" || text === "12");
  assert.deepEqual(counted.slice(-5), ["4", "4", "12", "12", "12"]);
});
