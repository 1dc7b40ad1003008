import assert from "node:assert/strict";
import { plotSvg } from "../../lib/figures/svg.ts";
import { offsetCurve, openingCurves } from "../../lib/figures/sync.ts";

const source = { data: "GRID s1/bbaf2n" };
const judge = "run a's discriminator";
/** Distance 10 everywhere but at index 12: offset 15 - 12 = 3. */
const curve = Float32Array.from({ length: 31 }, (_, index) => index === 12 ? 6.25 : 10);

Deno.test("the curve marks its minimum, its median and names the judge", () => {
  const svg = plotSvg(
    offsetCurve({ film: { curve, lseD: 6.25, lseC: 3.75, offset: 3, judge } }, { source, width: 640 }),
  );
  const words = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]).join(" ");
  for (
    const said of [
      "LSE-D 6.250, LSE-C 3.750, offset +3 frames.",
      "LSE-D 6.25 at +3",
      "GRID s1/bbaf2n",
      judge,
      "−10",
    ]
  ) {
    assert.ok(words.includes(said), `${said} in ${words}`);
  }
  const line = [...svg.matchAll(/d="(M[^"Z]+)"/g)].map((match) => match[1].split(/[ML]/).slice(1))
    .find((points) => points.length === 31)!.map((pair) => pair.split(",").map(Number));
  const lowest = line.reduce((low, point) => point[1] > low[1] ? point : low);
  // 640 wide less 60 and 24: offset +3 of -15 to 15 is at 60 + 556 * 18 / 30.
  assert.ok(Math.abs(lowest[0] - (60 + 556 * 18 / 30)) < 0.01, String(lowest));
});

Deno.test("several films are told apart by colour and in the caption", () => {
  const score = { curve, lseD: 6.25, lseC: 3.75, offset: -2, judge };
  const { caption, color } = offsetCurve({ real: score, generated: { ...score, lseD: 7 } }, { source });
  assert.match(String(caption), /^real: LSE-D 6\.250.*offset −2 frames\. generated: LSE-D 7\.000/);
  assert.match(String(caption), /Judge: run a's discriminator\. Data: /);
  assert.deepEqual(color!.domain, ["real", "generated"]);
});

Deno.test("mouth openings run over seconds and break where no mouth was found", () => {
  const svg = plotSvg(
    openingCurves({ a: [0.01, 0.02, NaN, 0.02, 0.01], b: new Float32Array(5) }, { source }),
  );
  const path = svg.match(/stroke="#0072B2"[^>]*d="([^"]+)"/)?.[1] ?? svg.match(/d="(M[^"]*M[^"]*)"/)![1];
  assert.equal(path.split("M").length - 1, 2);
  assert.ok(svg.includes("time (s) →") && svg.includes("0.10"));
});
