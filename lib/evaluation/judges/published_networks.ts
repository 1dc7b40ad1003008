import { FACE_SIZE } from "../../base/shapes.ts";
import { loadImported } from "../../models/imported.ts";
import { inception } from "../../models/inception.ts";
import { foreignNetworks } from "../../models/pytorch_names.ts";
import {
  SYNCNET_FRAMES,
  SYNCNET_MFCC,
  SYNCNET_SIZE,
  syncnetAudio,
  syncnetLip,
} from "../../models/syncnet.ts";
import { disposeParams } from "../../nn/params.ts";
import { type Tensor, tf } from "../../native/tf.ts";
import type { FeatureNetwork } from "./feature_network.ts";
import type { SyncnetNetwork } from "./syncnet_judge.ts";

/** Crops a forward pass of Inception: each is drawn to 299 x 299. */
const BATCH = 8;

/** The rows of a matrix [n, d]: [n] of [d]. */
function rowsOf(make: () => Tensor): Float32Array[] {
  const { values, size } = tf.tidy(() => {
    const made = make();
    return { values: made.dataSync() as Float32Array, size: made.shape[1]! };
  });
  return Array.from({ length: values.length / size }, (_, k) => values.slice(k * size, (k + 1) * size));
}

/** Imported weights of SyncNet, ready to judge; `width` other than 1 is for tests. Throws KitError as `loadImported`. */
export async function openSyncnet(
  path: string,
  { width = 1 }: { width?: number } = {},
): Promise<SyncnetNetwork> {
  const params = await loadImported(path, foreignNetworks.syncnet(width));
  const side = SYNCNET_SIZE, [bands, columns] = SYNCNET_MFCC;
  return {
    audio: (mfcc, n) => rowsOf(() => syncnetAudio(params, tf.tensor4d(mfcc, [n, bands, columns, 1]))),
    lip: (frames, n) =>
      rowsOf(() => syncnetLip(params, tf.tensor4d(frames, [n, side, side, 3 * SYNCNET_FRAMES]))),
    dispose: () => disposeParams(params),
  };
}

/**
 * Imported Inception weights as the network whose features the Frechet distance compares: then it is the FID, of the
 * 96 x 96 crops. `width` other than 1 is for tests. Throws KitError as `loadImported`.
 */
export async function openInception(
  path: string,
  { width = 1 }: { width?: number } = {},
): Promise<FeatureNetwork> {
  const params = await loadImported(path, foreignNetworks.inception(width));
  return {
    name: INCEPTION_FEATURES,
    features(crops) {
      const all: Float32Array[] = [];
      for (let from = 0; from < crops.length; from += BATCH) {
        const some = crops.slice(from, from + BATCH), size = some[0].length;
        const values = new Float32Array(some.length * size);
        some.forEach((crop, k) => crop.forEach((value, i) => values[k * size + i] = value / 255));
        all.push(
          ...rowsOf(() =>
            inception(params, tf.tensor4d(values, [some.length, FACE_SIZE, FACE_SIZE, 3])).features
          ),
        );
      }
      return Promise.resolve(all);
    },
  };
}

/** What the tables call these features. */
export const INCEPTION_FEATURES = "FID's Inception (official weights, 2048 numbers) of 96x96 crops";
