import assert from "node:assert/strict";
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
import { describeContrastiveDiscriminator } from "../../lib/models/contrastive_discriminator.ts";
import { describeGenerator } from "../../lib/models/generator_kinds.ts";
import { describeQualityDiscriminator } from "../../lib/models/quality_discriminator.ts";
import { describeSyncDiscriminator } from "../../lib/models/sync_discriminator.ts";
import { describeSyncnet } from "../../lib/models/syncnet.ts";
import type { Description, Layer } from "../../lib/nn/scope.ts";

const size = ({ h, w, c }: Layer) => [h, w, c];
const sides = (layers: Layer[]) => [...new Set(layers.map(({ h, w }) => `${h}x${w}`))].join(" ");

Deno.test("the colour SyncNet's face encoder shrinks as published, with a CBAM after every convolution", () => {
  const { lanes: [audio, video] } = syncDiscriminatorPlan({ lstm: "front", cbam: true });
  assert.equal(sides(video.layers), "48x96 46x47 23x24 12x12 6x6 3x3 1x1");
  assert.equal(audio.layers[1].kind, "LSTM");
  assert.equal(sides(audio.layers), "80x16 27x16 9x6 3x3 1x1");
  assert.ok(
    audio.layers.slice(2).every(({ cbam }) => cbam) && video.layers.slice(1).every(({ cbam }) => cbam),
  );
  const plain = syncDiscriminatorPlan({ lstm: "none", cbam: false });
  assert.ok(plain.lanes.every(({ layers }) => layers.every(({ kind, cbam }) => kind !== "LSTM" && !cbam)));
  assert.equal(plain.lanes[0].layers.length, audio.layers.length - 1);
});

Deno.test("encoders end in one place, decoders in a face; what is joined has one size", () => {
  const plans: Record<string, NetworkPlan> = {
    generator: generatorPlan(),
    lipgan: lipganPlan(),
    speech2vid: speech2vidPlan(),
  };
  for (const [name, { lanes, skips }] of Object.entries(plans)) {
    const [audio, faces, decoder] = lanes;
    for (const { layers } of [audio, faces]) assert.deepEqual(size(layers.at(-1)!).slice(0, 2), [1, 1], name);
    assert.deepEqual(size(decoder.layers.at(-1)!), [96, 96, 3], name);
    assert.equal(skips.length, { generator: 7, lipgan: 6, speech2vid: 3 }[name], name);
    for (const { from, to } of skips) {
      assert.ok(faces.layers.includes(from) && decoder.layers.includes(to), name);
      assert.deepEqual([from.h, from.w], [to.h, to.w], name);
    }
  }
});

Deno.test("judges of single faces end in one place", () => {
  assert.deepEqual(size(qualityPlan().lanes[0].layers.at(-1)!), [1, 1, 1]);
  for (const { layers } of contrastivePlan().lanes) assert.deepEqual(size(layers.at(-1)!), [1, 1, 512]);
  for (const { layers } of syncnetPlan().lanes) assert.deepEqual(size(layers.at(-1)!), [1, 1, 1024]);
  assert.equal(sides(syncnetPlan().lanes[1].layers), "224x224 109x109 54x54 26x26 13x13 6x6 1x1");
});

const switches = { lstm: "front", cbam: true } as const, width = 1;
const networks: [string, NetworkPlan, Description][] = [
  ["generator", generatorPlan(), describeGenerator({ kind: "wav2lip", width })],
  ["sync discriminator", syncDiscriminatorPlan(switches), describeSyncDiscriminator({ ...switches, width })],
  ["LipGAN", lipganPlan(), describeGenerator({ kind: "lipgan", width })],
  ["Speech2Vid", speech2vidPlan(), describeGenerator({ kind: "speech2vid", width })],
  ["LipGAN's discriminator", contrastivePlan(), describeContrastiveDiscriminator({ width })],
  ["visual quality discriminator", qualityPlan(), describeQualityDiscriminator({ width })],
  ["SyncNet", syncnetPlan(), describeSyncnet({ width })],
];

for (const [name, plan, { specs }] of networks) {
  Deno.test(`${name}: every kernel that is trained is a layer of the plan, and the other way round`, () => {
    const kernels = Object.entries(specs).filter(([path]) =>
      path.endsWith("kernel") && !/cbam|lstm/.test(path)
    )
      .map(([path, { shape }]) => {
        const [h, w] = shape.length === 2 ? [1, 1] : shape;
        return `${h}x${w} ${specs[path.replace(/kernel$/, "bias")].shape}`;
      });
    const layers = plan.lanes.flatMap((lane) => lane.layers).filter(({ kernel }) => kernel);
    assert.deepEqual(layers.map(({ kernel, c }) => `${kernel!.join("x")} ${c}`).sort(), kernels.sort());
  });
}

Deno.test("plans count the published parameters", () => {
  const counts = [generatorPlan(), qualityPlan(), syncnetPlan()].map(({ parameters }) => parameters);
  assert.deepEqual(counts, [36_298_035, 14_113_793, 13_631_616]);
  assert.equal(syncDiscriminatorPlan({ lstm: "none", cbam: false }).parameters, 16_435_072);
});

Deno.test("in LipGAN's pairs the input is added to the second layer", () => {
  const [, { layers }] = lipganPlan().lanes;
  assert.deepEqual(layers.slice(2, 7).map(({ kind }) => kind), [
    ...["convolution", "convolution", "residual", "convolution", "residual"],
  ]);
});
