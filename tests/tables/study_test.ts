import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../lib/base/errors.ts";
import { makeStudy, readStudy, type StoredStudy } from "../../lib/tables/study.ts";
import { armRows, effectRows, plateauRows } from "../../lib/tables/study_summary.ts";
import { inFolder, makePrepared } from "../prepared.ts";

/** A study whose trainings ended as given: arm -> held-out and test loss of each seed; AUC is 1 - loss / 2. */
function madeStudy(study: string, ends: Record<string, number[]>): StoredStudy {
  const all = Object.entries(ends).flatMap(([arm, losses]) =>
    losses.map((loss, k) => ({
      ...{ arm, seed: k + 1, step: 100, loss, auc: 1 - loss / 2, test_loss: loss, test_auc: 1 - loss / 2 },
      ...{ seconds: 60, processes: 2, parameters: 1000 },
    }))
  );
  return {
    facts: {
      ...{ study, data: "made", preset: "tiny", settings: [], steps: 100, machine: "none" },
      seeds: ends[Object.keys(ends)[0]].map((_, k) => k + 1),
      arms: Object.fromEntries(Object.keys(ends).map((arm) => [arm, {}])),
    },
    curves: all.flatMap(({ arm, seed, loss }) =>
      [50, 100].map((step) => ({
        arm,
        seed,
        step,
        train_loss: loss,
        loss: step === 50 ? 0.69 : loss,
        auc: 0.7,
      }))
    ),
    ends: all,
  };
}

Deno.test("the plateau: how many trainings leave it, and after how many steps", () => {
  const [within, single] = plateauRows(madeStudy("sampling", { a: [0.5, 0.6, 0.64], b: [0.69, 0.66, 0.5] }));
  assert.equal(within["left the plateau"], "3 of 3");
  assert.equal(within["steps to a held-out loss below 0.65"], "100 (100 to 100)");
  assert.equal(within["held-out loss"], "0.580 ± 0.072");
  assert.equal(single["left the plateau"], "1 of 3");
  const [none] = plateauRows(madeStudy("sampling", { a: [0.69, 0.7] }));
  assert.deepEqual([none["left the plateau"], none["steps to a held-out loss below 0.65"]], ["0 of 2", "–"]);
});

Deno.test("effects of the parts: seed by seed, with what could have shown", () => {
  // Each seed moves all four alike; the LSTM takes 0.1 off the loss, CBAM adds 0.02 with noise of its own.
  const seeds = [0.5, 0.55, 0.6, 0.52, 0.57], noise = [0.03, -0.03, 0.01, -0.02, 0.01];
  const rows = effectRows(madeStudy("discriminators", {
    "w/o LSTM & CBAM": seeds,
    "w/o CBAM": seeds.map((loss) => loss - 0.1),
    "w/o LSTM": seeds.map((loss, k) => loss + 0.02 + noise[k]),
    "Ours": seeds.map((loss, k) => loss - 0.08 + noise[k]),
  }));
  const of = (part: string) =>
    rows.find((row) => row.part === part && row.measure === "loss, test speakers")!;
  const lstm = of("the LSTM, beside CBAM or not"), cbam = of("CBAM, beside the LSTM or not");
  assert.ok(Math.abs(Number(lstm.difference) + 0.1) < 1e-9);
  assert.equal(lstm.says, "helps");
  assert.ok(Number(lstm.high) - Number(lstm.low) < 1e-9, "no training differs in it");
  assert.ok(Math.abs(Number(cbam.difference) - 0.02) < 1e-9);
  assert.equal(cbam.says, "not shown");
  // Paired t over five seeds, scipy: deviation 0.02449, t(0.975; 4) = 2.7764, t(0.8; 4) = 0.9410.
  const error = 0.0244949 / Math.sqrt(5);
  const near = (found: unknown, expected: number) =>
    assert.ok(Math.abs(Number(found) - expected) < 0.05 * Math.abs(expected), `${found}, not ${expected}`);
  near(Number(cbam.high) - Number(cbam.low), 2 * 2.7764 * error);
  near(cbam["would have shown"], (2.7764 + 0.941) * error);
  const auc = rows.find((row) => row.part === "both" && row.measure === "AUC, test speakers")!;
  assert.ok(Math.abs(Number(auc.difference) - 0.04) < 1e-9, "AUC is better when higher");
  assert.equal(auc.says, "helps");
  const once = effectRows(madeStudy("discriminators", {
    ...{ "w/o LSTM & CBAM": [0.5], "w/o CBAM": [0.4], "w/o LSTM": [0.5], "Ours": [0.4] },
  }));
  assert.ok(
    once.every((row) => row.says === "one training says nothing" && row["would have shown"] === null),
  );
});

Deno.test("a study trains every arm of every seed, keeps its rows, and adds seeds to them", () =>
  inFolder(async (folder) => {
    const data = join(folder, "faces"), out = join(folder, "rows");
    await makePrepared(data, [
      ...[1, 2].map((seed) => ({ split: "train" as const, frames: 40, seed })),
      ...[{ split: "val" as const, seed: 3 }, { split: "test" as const, seed: 4 }],
    ]);
    Deno.env.set("KIT_RUNS", join(folder, "runs"));
    try {
      const options = { data, preset: "tiny", settings: ["pretrain.steps=4"], out, processes: 2 };
      const first = await makeStudy("sampling", { ...options, seeds: [1] });
      assert.deepEqual(first.facts.seeds, [1]);
      assert.deepEqual(first.ends.map(({ arm, seed, processes }) => [arm, seed, processes]), [
        ["all pairs within clips", 1, 2],
        ["one by one, as Wav2Lip", 1, 2],
      ]);
      assert.deepEqual(first.curves.map(({ step }) => step), [4, 4]);
      assert.equal(first.facts.arms["one by one, as Wav2Lip"].sampling, "one by one");
      assert.ok(first.ends.every((row) => row.test_auc >= 0 && row.test_auc <= 1 && row.parameters > 1000));
      assert.deepEqual(armRows(first)[0].trainings, 1);
      const both = await makeStudy("sampling", { ...options, seeds: [1, 2] });
      assert.deepEqual(both.facts.seeds, [1, 2]);
      assert.deepEqual(both.ends.slice(0, 2), first.ends, "what is there stays");
      const { folder: _, ...rows } = both;
      assert.deepEqual(await readStudy(out), rows);
      await assert.rejects(
        makeStudy("sampling", { ...options, settings: ["pretrain.steps=6"] }),
        (error) =>
          error instanceof KitError &&
          /rows holds this study with other settings or data/.test(error.message),
      );
      await assert.rejects(
        makeStudy("weather", options),
        /There is no study "weather"\. Use one of sampling/,
      );
    } finally {
      Deno.env.delete("KIT_RUNS");
    }
  }));
