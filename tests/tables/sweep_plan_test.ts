import assert from "node:assert/strict";
import { small } from "../../lib/training/config.ts";
import { planSeed } from "../../lib/tables/sweep_plan.ts";
import { systems } from "../../lib/training/systems.ts";

const folder = "runs/tables";
const plan = (preset: string) => planSeed({ preset, seed: 2, folder });

Deno.test("eight systems need thirteen trainings a seed: four discriminators and one start of frames are shared", () => {
  const jobs = plan("small");
  assert.deepEqual(
    jobs.filter(({ name }) => name in systems).map(({ name }) => name).sort(),
    Object.keys(systems).sort(),
  );
  assert.equal(jobs.filter(({ kind }) => kind === "discriminator").length, 4);
  assert.equal(jobs.length, 13);
  assert.equal(new Set(jobs.map(({ run }) => run)).size, 13);
  assert(jobs.every(({ config }) => config.seed === 2));
});

Deno.test("each training comes after what it starts from", () => {
  const seen = new Set<string>();
  for (const { run, discriminator, from } of plan("small")) {
    for (const needed of [discriminator, from]) assert(needed === undefined || seen.has(needed), run);
    seen.add(run);
  }
});

Deno.test("every generator sees as many steps, and the same number of them on windows", () => {
  const jobs = plan("small"), frames = jobs.find(({ from, name }) => !from && name.startsWith("L1"))!;
  for (const job of jobs.filter(({ name }) => name in systems)) {
    const before = job.from === undefined ? 0 : frames.steps;
    assert.equal(before + job.steps, small.gan.steps, job.name);
    assert.equal(job.config.gan.frameSteps, small.gan.frameSteps, job.name);
    if (job.from !== undefined) assert.equal(job.from, frames.run);
  }
  // What plays against quality or one frame from the first step cannot share it.
  const alone = jobs.filter(({ name, from }) => name in systems && from === undefined).map(({ name }) =>
    name
  );
  assert.deepEqual(alone.sort(), ["LipGAN", "Speech2Vid", "Wav2Lip + quality"]);
});

Deno.test("at the paper's sizes nothing is shared but the discriminators: it has no steps of frames", () => {
  const jobs = plan("paper");
  assert.equal(jobs.length, 12);
  assert(jobs.every(({ from }) => from === undefined));
});

Deno.test("a changed setting is every training's", () => {
  const settings = ["gan.frameSteps=40", "gan.steps=50"];
  for (const { config, name, steps } of planSeed({ preset: "small", settings, seed: 2, folder })) {
    assert.deepEqual([config.gan.frameSteps, config.seed], [40, 2], name);
    if (name in systems) assert.ok(steps === 50 || steps === 10, `${name} ${steps}`);
  }
});
