import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../../lib/base/errors.ts";
import {
  INCEPTION_FEATURES,
  openInception,
  openSyncnet,
} from "../../../lib/evaluation/judges/judge_source.ts";
import { describeInception, inception } from "../../../lib/models/inception.ts";
import { describeSyncnet, syncnetAudio, syncnetLip } from "../../../lib/models/syncnet.ts";
import { initialize, type Params } from "../../../lib/nn/params.ts";
import { scope } from "../../../lib/nn/scope.ts";
import { tf } from "../../../lib/native/tf.ts";
import { writeSafetensors } from "../../../lib/weights/safetensors.ts";
import { inFolder } from "../../prepared.ts";

/** Writes parameters as the importer does: by our paths, nothing in front. */
async function writeImported(path: string, network: string, params: Params): Promise<string> {
  const tensors = Object.entries(params).map(([name, tensor]) =>
    [name, { dtype: "F32" as const, shape: tensor.shape, data: tensor.dataSync() as Float32Array }] as const
  );
  await writeSafetensors(path, Object.fromEntries(tensors), { import_version: "1", network });
  return path;
}

const near = (found: Float32Array, expected: ArrayLike<number>) =>
  found.forEach((value, k) => assert.ok(Math.abs(value - expected[k]) < 1e-4 * (1 + Math.abs(expected[k]))));

Deno.test("SyncNet as imported embeds windows one by one as it does together", () =>
  inFolder(async (folder) => {
    const width = 0.03, params = initialize(describeSyncnet({ width }).specs, 3);
    const network = await openSyncnet(
      await writeImported(join(folder, "syncnet.safetensors"), "syncnet", params),
      {
        width,
      },
    );
    const mfcc = Float32Array.from({ length: 2 * 13 * 20 }, (_, k) => Math.sin(k));
    const audio = network.audio([mfcc.subarray(0, 260), mfcc.subarray(260)]);
    const expected = syncnetAudio(scope(params), tf.tensor4d(mfcc.slice(260), [1, 13, 20, 1])).dataSync();
    assert.equal(audio.length, 2);
    near(audio[1], expected);
    // Frame f of a window stands in the channels 3 f to 3 f + 2.
    const window = Float32Array.from({ length: 224 * 224 * 15 }, (_, k) => k % 251);
    const frames = [0, 1, 2, 3, 4].map((f) =>
      Uint8Array.from(window.filter((_, k) => Math.floor(k % 15 / 3) === f))
    );
    near(
      network.lip([frames])[0],
      syncnetLip(scope(params), tf.tensor4d(window, [1, 224, 224, 15])).dataSync(),
    );
    network.dispose();
    // A file of another width is another network, and one judge's file is not another's.
    const path = join(folder, "syncnet.safetensors"), before = tf.memory().numTensors;
    const mended = /\. Make it with `deno task import <file> --as \w+ --out .*syncnet\.safetensors`$/;
    for (
      const [open, what] of [
        [
          () => openSyncnet(path),
          /audio\/0\/conv\/kernel of .*syncnet\.safetensors is \[.*\] where \[.*\] is expected/,
        ],
        [() => openInception(path, { width }), /syncnet\.safetensors holds syncnet, .* not inception/],
      ] as const
    ) {
      await assert.rejects(
        open,
        (e) => e instanceof KitError && what.test(e.what) && mended.test(e.message),
      );
    }
    assert.equal(tf.memory().numTensors, before);
  }));

Deno.test("Inception as imported gives each crop its features, batch by batch, bytes as 0 to 1", () =>
  inFolder(async (folder) => {
    const width = 0.02, params = initialize(describeInception({ width }).specs, 3);
    const path = await writeImported(join(folder, "inception.safetensors"), "inception", params);
    const network = await openInception(path, { width });
    const crops = Array.from(
      { length: 9 },
      (_, n) => Uint8Array.from({ length: 96 * 96 * 3 }, (_, k) => (k * (n + 1)) % 256),
    );
    const features = await network.features(crops);
    assert.deepEqual([network.name, features.length], [INCEPTION_FEATURES, 9]);
    const last = tf.tensor4d(Float32Array.from(crops[8], (value) => value / 255), [1, 96, 96, 3]);
    near(features[8], inception(scope(params), last).features.dataSync());
    assert.ok(features[0].some((value, k) => value !== features[8][k]));
    await assert.rejects(openInception(path), /is expected/);
  }));
