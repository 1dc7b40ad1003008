import { KitError } from "../base/errors.ts";
import { hashShare } from "../dataset/manifest.ts";

/** One of the parts in which several processes or machines prepare a data set. */
export interface Shard {
  /** From 1 on. */
  index: number;
  count: number;
}

/** Parses "2/4", the second of four parts; the whole is "1/1". Throws KitError for anything else. */
export function parseShard(text = "1/1"): Shard {
  const [, index, count] = /^([1-9]\d{0,5})\/([1-9]\d{0,5})$/.exec(text)?.map(Number) ?? [];
  if (index !== undefined && index <= count) return { index, count };
  throw new KitError(`"${text}" is not a part of a data set`, 'Write it as "2/4": the second of four parts');
}

/** Whether a clip belongs to a shard: by a hash of its id alone, so that added clips move none. */
export function inShard(id: string, { index, count }: Shard): boolean {
  return Math.floor(hashShare(`shard ${id}`) * count) === index - 1;
}
