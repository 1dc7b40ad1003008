/** Offsets tried on either side of 0, in frames of 40 ms. */
export const REACH = 15;
/** Offsets of the curve. */
export const OFFSETS = 2 * REACH + 1;
/** Fewest windows of a judged clip: with 31, even 15 frames apart more than half of the sound is not padding. */
export const FEWEST_WINDOWS = OFFSETS;
/** A confidence below this share of the median distance: the curve is nearly flat and its least may be chance. */
const FLAT = 0.1;
/** What PyTorch's pairwise_distance adds to each difference. */
const EPSILON = 1e-6;

/** Embeddings of one clip's windows, one a frame: [windows, c] each, in the order of time. */
export interface ClipEmbeddings {
  audio: ArrayLike<Float32Array>;
  video: ArrayLike<Float32Array>;
}

/** How far sound and lips are from each other in one clip, and at which offset they are nearest. */
export interface LipSyncError {
  /** Mean distance at each offset, [31]: index i sets the sound of frame t + i - 15 against the lips of frame t. */
  distances: Float32Array;
  /** Distance: the least of them. Lower is better. */
  lseD: number;
  /** Confidence: their median less the least. Higher is better. */
  lseC: number;
  /** 15 - index of the least, in frames: above 0 the sound is early, below 0 it is late (delayed). */
  offset: number;
}

/** Whether the least distance stands out of the curve, so that a judge is sure of the offset. */
export const standsOut = ({ lseD, lseC }: Pick<LipSyncError, "lseD" | "lseC">): boolean =>
  lseC >= FLAT * (lseC + lseD);

/** |a - b + eps|, as torch.nn.functional.pairwise_distance; `b` undefined stands for zeros. */
function distance(a: Float32Array, b: Float32Array | undefined): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) {
    const difference = a[k] - (b ? b[k] : 0) + EPSILON;
    sum += difference * difference;
  }
  return Math.sqrt(sum);
}

/** The lower of the two middle values of an even number of values, as torch.median; the middle one of an odd number. */
function lowerMedian(values: Float32Array): number {
  return values.slice().sort()[(values.length - 1) >> 1];
}

/**
 * Lip-sync error of a clip from the embeddings of its windows, by the procedure of syncnet_python: the sound is padded
 * with 15 zero embeddings at both ends, each video embedding is compared with the sound at 31 offsets, and the
 * distances are averaged over time. LSE-D = min, LSE-C = median - min, offset = 15 - argmin.
 *
 * A positive offset means that the sound comes too early: sound that was delayed by n frames gives -n. Distances are in
 * the units of the embeddings, so scores of two networks do not compare. Source: github.com/joonson/syncnet_python
 * SyncNetInstance.py (calc_pdist, evaluate).
 *
 * LSE-D measures how near lips and sound are to each other for the network at the best of the offsets. Does not measure
 * whether that offset is 0: a video that is late throughout scores as well as one in sync. Nor does it measure how the
 * mouth looks, and a generator trained against such a network can please it better than real video does.
 * LSE-C measures how far the best offset stands out from the others. Does not measure size of movement: it falls for
 * slow or silent speech, which looks alike at many offsets, and a short clip's far offsets are mostly padding, which
 * raises or lowers it, so compare clips of equal length.
 * The offset measures a shift that the whole clip has, within 15 frames. Does not measure one that changes within the
 * clip, and where LSE-C is small it is chance.
 */
export function lse({ audio, video }: ClipEmbeddings): LipSyncError {
  const windows = video.length;
  if (audio.length !== windows || windows === 0) {
    throw new RangeError(`${audio.length} windows of sound do not go with ${windows} of video`);
  }
  const distances = new Float32Array(OFFSETS);
  for (let i = 0; i < OFFSETS; i++) {
    let sum = 0;
    for (let t = 0; t < windows; t++) sum += distance(video[t], audio[t + i - REACH]);
    distances[i] = sum / windows;
  }
  let least = 0;
  for (let i = 1; i < OFFSETS; i++) if (distances[i] < distances[least]) least = i;
  const lseD = distances[least];
  return { distances, lseD, lseC: lowerMedian(distances) - lseD, offset: REACH - least };
}
