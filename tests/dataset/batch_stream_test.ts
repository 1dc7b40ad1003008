import assert from "node:assert/strict";
import { join } from "node:path";
import { type BatchRequest, type BatchStream, streamBatches } from "../../lib/dataset/batch_stream.ts";
import { openDataset } from "../../lib/dataset/dataset.ts";
import { sampleGeneratorBatch, sampleSyncBatch } from "../../lib/dataset/batches.ts";
import { KitError } from "../../lib/base/errors.ts";
import { random } from "../../lib/base/random.ts";
import { FEW_CLIPS, inFolder, makePrepared } from "../prepared.ts";

const PAIRS = { clips: 1, windows: 2, minShift: 5, voicedOnly: true };
const FRAMES = { frames: 2, windows: 0, poseShift: 0.5, minShift: 5, voicedOnly: true };

/** Frames and pairs in turns, `count` of each. */
function* turns(count: number): Generator<BatchRequest> {
  for (let k = 0; k < count; k++) {
    yield { kind: "generator", options: FRAMES };
    yield { kind: "sync", options: PAIRS };
  }
}

/** Takes some turns: each batch with the state after it. */
async function take(stream: BatchStream, count: number) {
  const taken: [unknown, number][] = [];
  for (let k = 0; k < count; k++) {
    taken.push([await stream.generator(), stream.state]);
    taken.push([await stream.sync(), stream.state]);
  }
  return taken;
}

Deno.test("batches drawn ahead are those drawn one by one, and a state leads to the batch after it", () =>
  inFolder(async (folder) => {
    const dataset = await openDataset(await makePrepared(folder, FEW_CLIPS), "train");
    const numbers = random(5), expected: [unknown, number][] = [];
    for (let k = 0; k < 3; k++) {
      expected.push([await sampleGeneratorBatch(dataset, numbers, FRAMES), numbers.state]);
      expected.push([await sampleSyncBatch(dataset, numbers, PAIRS), numbers.state]);
    }
    for (const ahead of [0, 1, 4]) {
      using stream = streamBatches(dataset, { state: 5, requests: turns(3), ahead });
      assert.equal(stream.state, 5);
      assert.deepEqual(await take(stream, 3), expected, `${ahead} ahead`);
    }
    using resumed = streamBatches(dataset, { state: expected[1][1], requests: turns(2), ahead: 2 });
    assert.deepEqual(await take(resumed, 2), expected.slice(2));
  }));

Deno.test("a batch of the other kind, or one more than there are, is the caller's fault", () =>
  inFolder(async (folder) => {
    const dataset = await openDataset(await makePrepared(folder, FEW_CLIPS), "train");
    using stream = streamBatches(dataset, { state: 1, requests: turns(1), ahead: 2 });
    await assert.rejects(stream.sync(), /next batch is of kind generator, not sync/);
    await stream.sync();
    await assert.rejects(stream.sync(), /of kind undefined/);
  }));

Deno.test("what goes wrong on the thread is said by whoever takes the batch", () =>
  inFolder(async (folder) => {
    const dataset = await openDataset(await makePrepared(folder, FEW_CLIPS), "train");
    const rejects = async (stream: BatchStream, message: RegExp) => {
      for (let k = 0; k < 2; k++) { // it stays failed
        await assert.rejects(
          stream.generator(),
          (error) => error instanceof KitError && message.test(error.message),
        );
      }
    };
    const script = (text: string) => new URL(`data:application/javascript,${encodeURIComponent(text)}`);
    const options = { state: 1, requests: turns(9), ahead: 2 };
    {
      using stream = streamBatches(dataset, { ...options, script: script("throw new Error('out of luck')") });
      await rejects(stream, /thread that draws batches ahead has failed: .*out of luck.*--resume/);
    }
    {
      const later = "onmessage = () => setTimeout(() => { throw new Error('in the middle') })";
      using stream = streamBatches(dataset, { ...options, script: script(later) });
      await rejects(stream, /has failed: .*in the middle/);
    }
    for (const { path } of dataset.rows) await Deno.truncate(join(folder, path), 5000);
    using stream = streamBatches(dataset, options);
    await rejects(stream, /clip[01]\.safetensors is not a sound safetensors file: .*cut short/);
  }));
