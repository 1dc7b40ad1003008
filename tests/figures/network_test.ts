import assert from "node:assert/strict";
import { newCanvas, setFont } from "../../lib/figures/canvas.ts";
import { svgToPng } from "../../lib/figures/svg.ts";
import { networkSvg } from "../../lib/figures/network.ts";
import { CBAM, FILLS } from "../../lib/figures/network_lane.ts";
import {
  contrastivePlan,
  generatorPlan,
  lipganPlan,
  type NetworkPlan,
  qualityPlan,
  speech2vidPlan,
  syncDiscriminatorPlan,
  syncnetPlan,
} from "../../lib/figures/network_plan.ts";
import { readPng } from "./pixels.ts";

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const { context: ruler } = newCanvas(10, 10);

const attribute = (element: string, name: string) => element.match(new RegExp(` ${name}="([^"]*)"`))?.[1];
const numbers = (element: string, names: string[]) => names.map((name) => Number(attribute(element, name)));
const elements = (svg: string, name: string) =>
  [...svg.matchAll(new RegExp(`<${name} [^>]*>`, "g"))].map(String);

/** The rectangles of a drawing, the background first. */
const rectangles = (svg: string): (Box & { fill: string })[] =>
  elements(svg, "rect").map((element) => {
    const [x, y, width, height] = numbers(element, ["x", "y", "width", "height"]);
    return { x, y, width, height, fill: attribute(element, "fill")! };
  });

/** Where its words stand, as wide as skia draws them in the same font. */
const texts = (svg: string): (Box & { words: string })[] =>
  [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([element, words]) => {
    const [x, y, size] = numbers(element, ["x", "y", "font-size"]);
    setFont(ruler, size, { bold: attribute(element, "font-weight") === "bold" });
    const said = words.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
    const { width } = ruler.measureText(said);
    const left = { start: x, middle: x - width / 2, end: x - width }[attribute(element, "text-anchor")!]!;
    return { words: said, x: left, y: y - size, width, height: size + 1 };
  });

/** Points of the arrows; the last is the head. */
const arrows = (svg: string, { dashed }: { dashed?: boolean } = {}): number[][][] =>
  elements(svg, "polyline").filter((element) =>
    dashed === undefined || dashed === element.includes("stroke-dasharray")
  ).map((element) => attribute(element, "points")!.split(" ").map((point) => point.split(",").map(Number)));

/** The straight pieces of all arrows, as boxes without breadth. */
const pieces = (svg: string): Box[] =>
  arrows(svg).flatMap((points) =>
    points.slice(1).map(([x, y], k) => {
      const [fromX, fromY] = points[k];
      const [left, top] = [Math.min(x, fromX), Math.min(y, fromY)];
      return { x: left, y: top, width: Math.abs(x - fromX), height: Math.abs(y - fromY) };
    })
  );

const overlap = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const plans: Record<string, NetworkPlan> = {
  "Sync discriminator": syncDiscriminatorPlan({ lstm: "front", cbam: true }),
  "Sync discriminator w/o LSTM & CBAM": syncDiscriminatorPlan({ lstm: "none", cbam: false }),
  "Generator": generatorPlan(),
  "LipGAN's generator": lipganPlan(),
  "Speech2Vid": speech2vidPlan(),
  "LipGAN's discriminator": contrastivePlan(),
  "Visual quality discriminator": qualityPlan(),
  "SyncNet": syncnetPlan(),
};
const caption =
  "A caption that says at some length what was drawn & why, and then goes on for one more line or two. ";

for (const [title, plan] of Object.entries(plans)) {
  const svg = networkSvg(plan, { title, caption: caption.repeat(2) });
  const [page, ...bars] = rectangles(svg), words = texts(svg);
  const layers = plan.lanes.flatMap((lane) => lane.layers);

  Deno.test(`${title}: words lie inside the picture, not on each other, on bars or on lines`, () => {
    assert.equal(page.width, 760);
    for (const said of [title, plan.result, ...plan.lanes.map(({ name }) => name)]) {
      assert.ok(words.some((text) => text.words === said), said);
    }
    for (const { words: said, x, y, width, height } of words) {
      assert.ok(x >= 0 && y >= 0 && x + width <= page.width && y + height <= page.height, said);
    }
    words.forEach((a, k) => {
      for (const b of words.slice(k + 1)) assert.ok(!overlap(a, b), `"${a.words}" lies on "${b.words}"`);
      for (const bar of bars) assert.ok(!overlap(a, bar), `"${a.words}" lies on a bar at ${bar.x}, ${bar.y}`);
      for (const piece of pieces(svg)) assert.ok(!overlap(a, piece), `"${a.words}" lies on a line`);
    });
  });

  Deno.test(`${title}: a bar a layer, a mark a CBAM, and every size in words`, () => {
    const kinds = new Set(layers.map(({ kind }) => kind));
    for (const kind of kinds) {
      const drawn = bars.filter(({ fill }) => fill === FILLS[kind]).length;
      assert.equal(
        drawn,
        layers.filter((layer) => layer.kind === kind).length + 1,
        `${kind}, one in the legend`,
      );
    }
    const marks = layers.filter(({ cbam }) => cbam).length;
    assert.equal(bars.filter(({ fill }) => fill === CBAM).length, marks && marks + 1);
    assert.equal(words.filter((text) => text.words === "LSTM").length, kinds.has("LSTM") ? 2 : 0);
    for (const { h, w } of layers) assert.ok(words.some((text) => text.words === `${h} × ${w}`));
    bars.forEach((a, k) => bars.slice(k + 1).forEach((b) => assert.ok(!overlap(a, b), "bars overlap")));
  });

  Deno.test(`${title}: lines cross no bar, skips run down between layers of one size`, () => {
    const skips = arrows(svg, { dashed: true });
    assert.equal(skips.length, plan.skips.length);
    for (const piece of pieces(svg)) {
      assert.ok(bars.every((bar) => !overlap(piece, bar)), JSON.stringify(piece));
    }
    for (const points of skips) {
      const [[x, y], [toX, toY]] = [points[0], points.at(-1)!];
      const above = bars.find((bar) => Math.abs(bar.x + bar.width / 2 - x) < 0.1 && bar.y + bar.height < y);
      assert.ok(above && toY > y);
      const under = bars.filter((bar) => Math.abs(bar.x + bar.width / 2 - toX) < 0.1 && bar.y > toY);
      assert.ok(under.some((bar) => Math.abs(bar.height - above.height) < 0.1), "of other sizes");
    }
  });
}

Deno.test("bars are as high as maps have rows and as wide as they have channels", () => {
  const plan = qualityPlan(), [{ layers }] = plan.lanes;
  const drawn = rectangles(networkSvg(plan, { title: "t" })).filter(({ fill, y }) =>
    y > 54 && fill === FILLS.convolution
  );
  const [first] = drawn, [, one] = layers;
  for (const [k, { h, c }] of layers.slice(1).entries()) {
    if (h >= 6) assert.ok(Math.abs(drawn[k].height / h - first.height / one.h) < 0.01, `${h} rows`);
    if (c >= 128) {
      assert.ok(Math.abs(drawn[k].width / c - drawn[6].width / layers[7].c) < 0.001, `${c} channels`);
    }
  }
});

Deno.test("the PNG is the SVG, at twice its size", async () => {
  const svg = networkSvg(generatorPlan(), { title: "Generator" }), [page, input] = rectangles(svg);
  const { width, height, at } = await readPng(svgToPng(svg));
  assert.deepEqual([width, height], [2 * page.width, 2 * page.height]);
  const green = rectangles(svg).filter(({ fill }) => fill === FILLS.transposed).at(-1)!;
  assert.equal(at(Math.round(2 * green.x) + 2, Math.round(2 * green.y) + 8).join(), "0,158,115");
  assert.equal(input.fill, "white");
});
