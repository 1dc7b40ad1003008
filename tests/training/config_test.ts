import assert from "node:assert/strict";
import { KitError } from "../../lib/base/errors.ts";
import {
  ablations,
  configure,
  paper,
  presets,
  settingsOf,
  small,
  tiny,
  withSettings,
} from "../../lib/training/config.ts";

/** Throws unless `settings` are refused with a message that matches. */
const refuses = (settings: string[], message: RegExp, preset = "tiny") =>
  assert.throws(() => configure(preset, settings), (error) => {
    assert.ok(error instanceof KitError);
    assert.match(error.message, message);
    return true;
  });

Deno.test("presets are found by their names", () => {
  for (const [name, preset] of Object.entries(presets)) {
    assert.deepEqual(configure(name), preset);
    assert.equal(preset.name, name);
  }
});

Deno.test("the paper's preset has the paper's numbers", () => {
  assert.deepEqual(paper.discriminator, { lstm: "front", cbam: true, width: 1 });
  assert.equal(paper.generator.width, 1);
  for (const rate of ["learningRate", "windowLearningRate", "discriminatorLearningRate"] as const) {
    assert.equal(paper.gan[rate], 1e-4, rate);
  }
  assert.equal(paper.pretrain.learningRate, 1e-4);
  assert.equal(paper.gan.discriminator, "alternate", "generator and discriminator in turns");
  assert.deepEqual([paper.pretrain.clips * paper.pretrain.windows, paper.gan.windows, paper.gan.syncWeight], [
    64,
    16,
    0.03,
  ]);
});

Deno.test("settings change a copy, each with its own type", () => {
  const settings = [
    "gan.syncWeight=0.02",
    "pretrain.voicedOnly=true",
    "discriminator.lstm=none",
    "seed=0",
    "name=mine",
  ];
  const changed = configure("small", settings);
  assert.deepEqual(changed, {
    ...small,
    name: "mine",
    seed: 0,
    discriminator: { ...small.discriminator, lstm: "none" },
    pretrain: { ...small.pretrain, voicedOnly: true },
    gan: { ...small.gan, syncWeight: 0.02 },
  });
  assert.equal(small.gan.syncWeight, 0.01, "the preset stays as it is");
  assert.equal(configure("tiny", ["gan.learningRate=3e-4"]).gan.learningRate, 3e-4);
  assert.equal(configure("tiny", ["seed=1", "seed=2"]).seed, 2, "the last one counts");
});

Deno.test("what is no setting is named", () => {
  for (
    const path of [
      "gan.nothing",
      "nothing",
      "gan",
      "gan.syncWeight.deep",
      "__proto__.polluted",
      "gan.__proto__",
    ]
  ) {
    refuses([`${path}=1`], new RegExp(`There is no setting "${path}"\\. Write it as section\\.key=value`));
  }
  for (const path of ["constructor.prototype.polluted", "toString", "gan.", ".gan", ""]) {
    refuses([`${path}=1`], /no setting/);
  }
  for (const text of ["gan.syncWeight", "", "=1"]) refuses([text], /is no setting/);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

Deno.test("the setting that was probably meant is named", () => {
  const meant: [string, RegExp][] = [
    ["gan.synkWeight", /Did you mean gan\.syncWeight\?/],
    ["learningRate", /Did you mean gan\.learningRate or pretrain\.learningRate\?/],
    ["pretrain.syncWeight", /Did you mean gan\.syncWeight\?/],
    ["augment.miror", /Did you mean gan\.augment\.mirror or pretrain\.augment\.mirror\?/],
    ["GAN.STEPS", /Did you mean gan\.steps or pretrain\.steps\?/],
  ];
  for (const [path, message] of meant) refuses([`${path}=1`], message);
});

Deno.test("values that do not fit are refused, with what is wanted", () => {
  const wrong: [string, RegExp][] = [
    ["gan.syncWeight=much", /"much" does not fit setting "gan\.syncWeight"\. Give a number from 0 to 1/],
    ["gan.syncWeight=1.5", /from 0 to 1/],
    ["gan.syncWeight=", /"" does not fit/],
    ["gan.learningRate=0", /a number above 0/],
    ["gan.learningRate=Infinity", /a number above 0/],
    ["gan.mouthWeight=-1", /a number from 0 on/],
    ["discriminator.width=-0.25", /a number above 0/],
    ["pretrain.clips=2.5", /a whole number from 1 on/],
    ["pretrain.windows=1", /no pair off sync.*windows=2/],
    ["pretrain.steps=0", /a whole number from 1 on/],
    ["seed=-1", /a whole number from 0 on/],
    ["pretrain.voicedOnly=yes", /true or false/],
    ["pretrain.voicedOnly=__proto__", /true or false/],
    ["discriminator.lstm=back", /front or none/],
    ["gan.discriminator=thawed", /alternate or frozen/],
    ["system=LipGAN", /more than its name\. Choose it with --system "LipGAN"/],
    ["gan.frames=0", /gan\.frameSteps trains on single frames, but gan\.frames is 0/],
  ];
  for (const [setting, message] of wrong) refuses([setting], message);
  refuses(["gan.frameSteps=0"], /windowStatistics=frames keeps.*windowStatistics=batch/);
  const windowsAlone = ["gan.frames=0", "gan.frameSteps=0", "gan.windowStatistics=batch"];
  assert.equal(configure("tiny", windowsAlone).gan.frames, 0);
});

Deno.test("an unknown preset is refused, with those that are there", () => {
  for (const name of ["large", "__proto__", "toString", ""]) {
    refuses([], new RegExp(`There is no preset "${name}"\\. Use one of paper, small, long, tiny`), name);
  }
});

Deno.test("settings can be laid over any configuration", () => {
  assert.equal(withSettings(tiny, ["pretrain.steps=9"]).pretrain.steps, 9);
  assert.equal(tiny.pretrain.steps, 8);
});

Deno.test("what can be set is listed by its path", () => {
  const { augment, ...rest } = tiny.pretrain, listed = settingsOf(tiny.pretrain);
  assert.deepEqual(listed, {
    ...rest,
    ...{
      "augment.mirror": augment.mirror,
      "augment.shift": augment.shift,
      "augment.colour": augment.colour,
      "augment.gain": augment.gain,
      "augment.noise": augment.noise,
    },
  });
  for (const [path, value] of Object.entries(listed)) {
    assert.deepEqual(withSettings(tiny, [`pretrain.${path}=${value}`]), tiny);
  }
});

Deno.test("Table 1's discriminators are two switches", () => {
  assert.deepEqual(ablations, {
    "Ours": { lstm: "front", cbam: true },
    "w/o LSTM": { lstm: "none", cbam: true },
    "w/o CBAM": { lstm: "front", cbam: false },
    "w/o LSTM & CBAM": { lstm: "none", cbam: false },
  });
});
