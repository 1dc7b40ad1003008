import assert from "node:assert/strict";
import { join } from "node:path";
import { type Random, random } from "../../lib/base/random.ts";
import { inFolder } from "../prepared.ts";
import { differences, live, MORTAL, openMortal } from "./killed_runs.ts";
import type { MortalTraining } from "./mortal_training.ts";

/** Three events of a training at random and the middle of the write of its second checkpoint, in their order. */
function chooseEvents(events: string[], numbers: Random): string[] {
  const writes = events.filter((event) => /last\.safetensors\.part write/.test(event));
  const aimed = events.indexOf(writes[Math.floor(writes.length / 2)]);
  const sampled = numbers.shuffle(events.slice(0, -1).map((_, k) => k).filter((k) => k !== aimed)).slice(
    0,
    3,
  );
  return [...sampled, aimed].sort((a, b) => a - b).map((k) => events[k]);
}

async function testKills(kind: MortalTraining["kind"], seed: number): Promise<void> {
  await inFolder(async (folder) => {
    const training = await openMortal(kind, folder);
    const { events, code } = await live(training("straight"));
    assert.deepEqual([code, events.at(-1)!.split(": ").slice(1)], [0, ["ended", "steps"]]);
    assert.equal((await live(training("again"))).code, 0);
    assert.deepEqual(await differences(join(folder, "again"), join(folder, "straight")), [], "the same seed");
    for (const dies of chooseEvents(events, random(seed))) {
      const life = await live({ ...training("killed"), dies });
      assert.deepEqual([life.signal, life.events.at(-1)], ["SIGKILL", dies]);
    }
    assert.equal((await live(training("killed"))).code, 0);
    assert.deepEqual(await differences(join(folder, "killed"), join(folder, "straight")), [], "killed");
  });
}

Deno.test("a pretraining has the same numbers to the last bit in every process, and however often it is killed", () =>
  testKills("pretrain", 1));

Deno.test("a generator's training has the same numbers to the last bit in every process, and however often it is killed", () =>
  testKills("train", 2));

/** Steps enough that a signal, which is heard every tenth of a second, comes before the end on any machine. */
const STEPS = 40;
const LONG = {
  ...MORTAL,
  pretrain: { ...MORTAL.pretrain, steps: STEPS, evaluateEvery: STEPS },
  gan: { ...MORTAL.gan, steps: STEPS, evaluateEvery: STEPS },
};

for (const kind of ["pretrain", "train"] as const) {
  Deno.test(`a ${kind} that is asked to stop ends after its step with a checkpoint, and goes on to the same numbers`, () =>
    inFolder(async (folder) => {
      const training = await openMortal(kind, folder, LONG);
      assert.equal((await live(training("straight"))).code, 0);
      const asked = [["SIGINT", "2: step"], ["SIGTERM", "4: step"]] as const;
      for (const [name, at] of asked) {
        const { events, code } = await live({ ...training("stopped"), signal: { name, at } });
        assert.equal(code, 0);
        assert.match(events.at(-1)!, /^\d+: ended: interrupted$/);
        const step = Number(events.at(-1)!.split(":")[0]);
        assert.ok(step >= Number(at[0]) && step < STEPS, `${name} at ${at}: ended after step ${step}`);
      }
      assert.match((await live(training("stopped"))).events.at(-1)!, /ended: steps/);
      assert.deepEqual(await differences(join(folder, "stopped"), join(folder, "straight")), []);
    }));
}
