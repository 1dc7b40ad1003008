import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../lib/base/errors.ts";
import { tiny } from "../../lib/training/config.ts";
import { readLog } from "../../lib/training/log.ts";
import { judgeOneBatch } from "../../lib/training/one_batch.ts";
import { pretrain } from "../../lib/training/pretrain.ts";
import { FEW_CLIPS, inFolder, makePrepared } from "../prepared.ts";
import { assertSameLog } from "./same_log.ts";

Deno.test("losses on one batch are judged by where they end", () => {
  assert.equal(
    judgeOneBatch([0.7, 0.5, 0.2, 0.1, 0.1, 0.1, 0]),
    "Network, loss and optimizer are sound: loss 0.700 to 0.100 in 7 steps on one batch",
  );
  for (const losses of [Array(40).fill(0.69), [0.5, 0.6, 0.7, 0.8, 0.9, 1], [0.7, NaN, NaN]]) {
    assert.throws(() => judgeOneBatch(losses), KitError);
  }
});

Deno.test("a check before pretraining passes a sound network, refuses a rate of almost nothing, and changes no number", () =>
  inFolder(async (folder) => {
    const data = await makePrepared(join(folder, "data"), FEW_CLIPS);
    const broken = { ...tiny, pretrain: { ...tiny.pretrain, learningRate: 1e-12 } };
    const refused = join(folder, "refused"), checked = join(folder, "checked"), plain = join(folder, "plain");
    await assert.rejects(
      pretrain(data, { run: refused, config: broken, check: true }),
      /One batch is not learnt.*pretrain\.learningRate/,
    );
    assert.deepEqual(await readLog(refused), [], "no step was taken");
    await pretrain(data, { run: checked, config: tiny, check: true });
    await pretrain(data, { run: plain, config: tiny });
    assertSameLog(await readLog(checked), await readLog(plain));
    const shares = (await readLog(plain)).flatMap((row) => row["time/data_share"] ?? []);
    assert.equal(shares.length, 2, "one at each evaluation");
    assert.ok(shares.every((share) => share >= 0 && share <= 1), `${shares}`);
  }));
