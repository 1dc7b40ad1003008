/**
 * How a PyTorch tensor's axes lie against ours: `linear` (out, in) -> (in, out), `conv2d` (out, in, h, w) ->
 * (h, w, in, out), `conv2dTransposed` (in, out, h, w) -> (h, w, out, in), `conv3dAsConv2d`
 * (out, in, d, h, w) -> (h, w, d in, out): the kernel covers all steps in time, whose channels lie side by side.
 */
export type AxisOrder = "same" | "linear" | "conv2d" | "conv2dTransposed" | "conv3dAsConv2d";

/** One parameter of a network as PyTorch names and lays it out. */
export interface Foreign {
  name: string;
  order: AxisOrder;
}

/** A network that can be imported: its parameters by kit path, with shapes, and how PyTorch calls each. */
export interface ForeignNetwork {
  name: string;
  specs: Record<string, { shape: number[] }>;
  /** By kit path; every path of `specs` has one. */
  names: Record<string, Foreign>;
  /** PyTorch names that carry nothing for us, such as num_batches_tracked. */
  ignored: RegExp;
  /** Written into the imported file's metadata. */
  metadata?: Record<string, string>;
  /**
   * By kit path: the axis (of our layout) whose `groups` groups of 3 channels are reversed at import, so that a
   * network trained on BGR reads the kit's RGB.
   */
  flips?: Record<string, { axis: number; groups: number }>;
}
