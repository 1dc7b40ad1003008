/** A thread that samples batches (see `streamBatches`): told once where the clips are, then asked batch by batch. */
/// <reference lib="deno.worker" />
import { KitError } from "../base/errors.ts";
import { threadBinding } from "../native/binding.ts";
import {
  type BatchRequest,
  batchSampler,
  type SampledBatch,
  type SamplingAnswer,
  type SamplingStart,
} from "./batch_stream.ts";
import { openClips } from "./clips.ts";

/** The arrays of a batch; they change hands, so that none is copied. */
const buffersOf = ({ batch }: SampledBatch) =>
  Object.values(batch).flatMap((value) => value instanceof Float32Array ? [value.buffer as ArrayBuffer] : []);

function faultOf(error: unknown): SamplingAnswer {
  if (error instanceof KitError) return { fault: error.what, remedy: error.remedy };
  return { crash: error instanceof Error ? error.message : String(error) };
}

threadBinding({ gpu: false });
let sample: (request: BatchRequest) => Promise<SampledBatch>, work = Promise.resolve();

async function answer(request: BatchRequest): Promise<void> {
  try {
    const sampled = await sample(request);
    self.postMessage(sampled, buffersOf(sampled));
  } catch (error) {
    self.postMessage(faultOf(error));
  }
}

self.onmessage = ({ data }: MessageEvent<SamplingStart | BatchRequest>) => {
  if ("places" in data) sample = batchSampler(openClips(data.folder, data.places, data), data.state);
  else work = work.then(() => answer(data));
};
