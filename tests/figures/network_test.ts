import assert from "node:assert/strict";
import { networkPicture } from "../../lib/figures/network.ts";
import { generatorPlan, type NetworkPlan } from "../../lib/models/network_plan.ts";
import { readPng } from "./pixels.ts";

Deno.test("heights go by rows, widths by channels, kinds by colour", async () => {
  const plan: NetworkPlan = {
    lanes: [{
      name: "x",
      layers: [{ kind: "input", h: 64, w: 64, c: 1 }, { kind: "convolution", h: 16, w: 16, c: 512 }],
    }],
    skips: [],
  };
  const { width, at } = await readPng(networkPicture(plan, { title: "t", scale: 1 }));
  const columns = (wanted: string) => {
    const found: { x: number; y: number }[] = [];
    for (let y = 50; y < 126; y++) { // to the foot; numbers stand below it
      for (let x = 0; x < width; x++) if (at(x, y).join() === wanted) found.push({ x, y });
    }
    const span = (values: number[]) => Math.max(...values) - Math.min(...values) + 1;
    return [span(found.map(({ x }) => x)), span(found.map(({ y }) => y))];
  };
  const [inputWidth, inputHeight] = columns("187,187,187"), [convWidth, convHeight] = columns("0,114,178");
  assert.ok(
    Math.abs(inputHeight - 64) <= 1 && Math.abs(convHeight - 34) <= 1,
    `${inputHeight}, ${convHeight}`,
  );
  assert.ok(inputWidth < 8 && convWidth > 18, `${inputWidth}, ${convWidth}`);
});

Deno.test("a whole network is drawn, its caption below it", async () => {
  const without = await readPng(networkPicture(generatorPlan(), { title: "t", scale: 1 }));
  const caption = "Sizes at full width, rows and columns above, channels below. ".repeat(4);
  const within = await readPng(networkPicture(generatorPlan(), { title: "t", caption, scale: 1 }));
  assert.ok(within.height >= without.height + 2 * 14);
});
