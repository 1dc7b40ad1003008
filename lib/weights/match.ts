import { elements } from "./elements.ts";
import type { AxisOrder, ForeignNetwork } from "./foreign.ts";
import type { StoredWeights } from "./stored_weights.ts";

/** Axis k of our tensor is axis AXES[order][k] of PyTorch's. */
const AXES: Record<Exclude<AxisOrder, "same">, number[]> = {
  linear: [1, 0],
  conv2d: [2, 3, 1, 0],
  conv2dTransposed: [2, 3, 1, 0],
  conv3dAsConv2d: [3, 4, 2, 1, 0], // steps in time and channels then lie side by side, and count as one axis
};

/** For each axis of our tensor, the axis of PyTorch's that it is; `rank` is PyTorch's number of axes. */
export const axesOf = (order: AxisOrder, rank: number): number[] =>
  order === "same" ? Array.from({ length: rank }, (_, k) => k) : AXES[order];

/** A shape of PyTorch's with our order of axes; undefined when it has another number of axes. */
function ourShape(foreign: readonly number[], order: AxisOrder): number[] | undefined {
  const axes = axesOf(order, foreign.length);
  if (axes.length !== foreign.length) return;
  const shape = axes.map((axis) => foreign[axis]);
  if (order === "conv3dAsConv2d") shape.splice(2, 2, shape[2] * shape[3]);
  return shape;
}

/** Our shape with the axes as PyTorch has them; `steps` in time share an axis of ours with the channels. */
function foreignShape(
  shape: readonly number[],
  { order, steps }: { order: AxisOrder; steps: number },
): number[] {
  const ours = order === "conv3dAsConv2d" ? [shape[0], shape[1], steps, shape[2] / steps, shape[3]] : shape;
  const foreign: number[] = [];
  axesOf(order, ours.length).forEach((axis, k) => foreign[axis] = ours[k]);
  return foreign;
}

/** What PyTorch's shape should have been, with the found number of steps in time if that is possible. */
function expectedShape(shape: readonly number[], { order, found }: { order: AxisOrder; found: number[] }) {
  const steps = found.length === 5 && found[2] > 0 && shape[2] % found[2] === 0 ? found[2] : 1;
  return foreignShape(shape, { order, steps });
}

/** What PyTorch calls the statistics of a batch norm. */
const RUNNING = /(^|\.)running_(mean|var)$/;

/** How a file's tensors fit a network; names and shapes are PyTorch's. */
export interface Match {
  network: string;
  /** Tensors of the network that the file holds in the right shape, by our path. */
  matched: string[];
  /** Values in them that training changes by gradients, and those of batch norms' running statistics. */
  parameters: number;
  statistics: number;
  missing: string[];
  wrong: { name: string; expected: number[]; found: number[] }[];
  unexpected: string[];
  /** Tensors that carry nothing for the network, such as counters of batches. */
  ignored: number;
}

/** Compares a file's tensors with what a network has. */
export function match({ tensors }: StoredWeights, { name, specs, names, ignored }: ForeignNetwork): Match {
  const result: Match = {
    network: name,
    matched: [],
    parameters: 0,
    statistics: 0,
    missing: [],
    wrong: [],
    unexpected: [],
    ignored: 0,
  };
  const known = new Set<string>();
  for (const [path, { shape }] of Object.entries(specs)) {
    const { name, order } = names[path];
    known.add(name);
    const found = tensors.get(name)?.shape;
    if (!found) result.missing.push(name);
    else if (ourShape(found, order)?.join() !== shape.join()) {
      result.wrong.push({ name, expected: expectedShape(shape, { order, found }), found });
    } else {
      result.matched.push(path);
      result[RUNNING.test(name) ? "statistics" : "parameters"] += elements(shape);
    }
  }
  for (const name of tensors.keys()) {
    if (known.has(name)) continue;
    if (ignored.test(name)) result.ignored++;
    else result.unexpected.push(name);
  }
  return result;
}

/** The share of all names, in the file or in the network, that fit. */
const share = ({ matched, missing, wrong, unexpected }: Match): number =>
  matched.length / Math.max(1, matched.length + missing.length + wrong.length + unexpected.length);

/** The match of the network that fits a file best; none when not a single tensor fits. */
export function bestMatch(weights: StoredWeights, networks: ForeignNetwork[]): Match | undefined {
  return networks.map((network) => match(weights, network)).filter(({ matched }) => matched.length > 0)
    .sort((a, b) => share(b) - share(a))[0];
}
