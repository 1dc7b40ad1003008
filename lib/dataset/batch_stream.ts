import { KitError } from "../base/errors.ts";
import { random } from "../base/random.ts";
import {
  type GeneratorBatch,
  type GeneratorBatchOptions,
  sampleGeneratorBatch,
  sampleSyncBatch,
  type SyncBatch,
  type SyncBatchOptions,
} from "./batches.ts";
import type { ClipPlace, Clips } from "./clips.ts";

/** One batch to sample. */
export type BatchRequest =
  | { kind: "sync"; options: SyncBatchOptions }
  | { kind: "generator"; options: GeneratorBatchOptions };

interface Batches {
  sync: SyncBatch;
  generator: GeneratorBatch;
}

/** A batch, the clips that were opened for it, and the random state before and after it was sampled. */
export interface SampledBatch {
  kind: keyof Batches;
  batch: Batches[keyof Batches];
  /** Their numbers. */
  clips: number[];
  before: number;
  state: number;
}

/** A batch that was taken, and what was asked for: with `options` and the state `before` it can be sampled again. */
export interface TakenBatch extends Omit<SampledBatch, "clips" | "state"> {
  /** Paths of its clips in the prepared folder. */
  clips: string[];
  options: BatchRequest["options"];
}

/** Batches in the order in which a training asks for them. */
export interface BatchStream extends Disposable {
  /** The random state after the last batch that was taken: with it a checkpoint goes on with the batch after it. */
  readonly state: number;
  /** The last batch of each kind that was taken: those of a step. */
  readonly taken: TakenBatch[];
  /** Takes the next batch, which must be one of pairs. */
  sync(): Promise<SyncBatch>;
  /** Takes the next batch, which must be one for the generator. */
  generator(): Promise<GeneratorBatch>;
}

/** Samples one batch after the other from a random state on. */
export function batchSampler(clips: Clips, state: number): (request: BatchRequest) => Promise<SampledBatch> {
  const numbers = random(state), opened = new Set<number>();
  const watched: Clips = { ...clips, open: (index) => clips.open(opened.add(index) && index) };
  return async ({ kind, options }) => {
    const before = numbers.state;
    opened.clear();
    const batch = kind === "sync"
      ? await sampleSyncBatch(watched, numbers, options)
      : await sampleGeneratorBatch(watched, numbers, options);
    return { kind, batch, clips: [...opened], before, state: numbers.state };
  };
}

/** What the sampling thread is told: first where the clips are, then request by request. */
export interface SamplingStart {
  folder: string;
  places: ClipPlace[];
  cacheMegabytes: number;
  state: number;
}

/** What it answers. */
export type SamplingAnswer = SampledBatch | { fault: string; remedy: string } | { crash: string };

const crashed = (message: string) =>
  new KitError(`The thread that draws batches ahead has failed: ${message}`, "Go on with --resume");

/** Starts a thread that samples; it answers in the order it is asked. */
function samplingThread(start: SamplingStart, script: URL) {
  const thread = new Worker(script, { type: "module" });
  const waiting: PromiseWithResolvers<SampledBatch>[] = [];
  let failure: KitError | undefined;
  const fail = (error: KitError) => {
    failure = error;
    waiting.splice(0).forEach(({ reject }) => reject(error));
  };
  thread.onmessage = ({ data }: MessageEvent<SamplingAnswer>) => {
    if ("batch" in data) waiting.shift()!.resolve(data);
    else fail("fault" in data ? new KitError(data.fault, data.remedy) : crashed(data.crash));
  };
  thread.onerror = (event) => {
    event.preventDefault();
    fail(crashed(event.message));
  };
  thread.postMessage(start);
  return {
    sample(request: BatchRequest): Promise<SampledBatch> {
      if (failure) return Promise.reject(failure);
      const answer = Promise.withResolvers<SampledBatch>();
      waiting.push(answer);
      thread.postMessage(request);
      return answer.promise;
    },
    end: () => thread.terminate(),
  };
}

const SAMPLING_THREAD = new URL("./sampling_thread.ts", import.meta.url);

/**
 * Opens a stream of batches: `requests` says what they are, in their order, and `state` is the random state to start
 * from. With `ahead` > 0 another thread samples, so many batches ahead of those taken; the batches are the same either
 * way. The stream throws KitError for damaged clips and when the thread fails.
 */
export function streamBatches(
  clips: Clips,
  { state, requests, ahead, script = SAMPLING_THREAD }: {
    state: number;
    requests: Iterator<BatchRequest>;
    ahead: number;
    /** The thread's program. */
    script?: URL;
  },
): BatchStream {
  const { folder, places, cacheMegabytes } = clips;
  const thread = ahead > 0 ? samplingThread({ folder, places, cacheMegabytes, state }, script) : undefined;
  const sample = thread?.sample ?? batchSampler(clips, state);
  const sampled: { request: BatchRequest; batch: Promise<SampledBatch> }[] = [];
  const taken = new Map<keyof Batches, TakenBatch>();

  async function take<Kind extends keyof Batches>(kind: Kind): Promise<Batches[Kind]> {
    while (sampled.length <= ahead) {
      const { value, done } = requests.next();
      if (done) break;
      const batch = sample(value);
      batch.catch(() => {}); // whoever takes the batch hears of it
      sampled.push({ request: value, batch });
    }
    const next = sampled.shift(), sampledBatch = await next?.batch;
    if (!next || sampledBatch?.kind !== kind) {
      throw new Error(`The next batch is of kind ${sampledBatch?.kind}, not ${kind}`);
    }
    const { batch, before, clips: opened } = sampledBatch, { options } = next.request;
    taken.set(kind, { kind, batch, before, options, clips: opened.map((index) => places[index].path) });
    state = sampledBatch.state;
    return batch as Batches[Kind];
  }

  return {
    get state() {
      return state;
    },
    get taken() {
      return [...taken.values()];
    },
    sync: () => take("sync"),
    generator: () => take("generator"),
    [Symbol.dispose]: () => thread?.end(),
  };
}
