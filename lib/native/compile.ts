import type { Precision } from "./precision.ts";
import { Recorder } from "./recorder.ts";
import { binding, type Tensor, tf } from "./tf.ts";

/** Tensors in plain objects and arrays, to any depth. */
export type Tree = Tensor | readonly Tree[] | { readonly [name: string]: Tree };

/** What the backend offers beyond its public type. */
// deno-lint-ignore no-explicit-any
const backend = () => tf.backend() as any;
const idOf = (tensor: Tensor): number => backend().getInputTensorIds([tensor])[0];

/** The tensors of a tree, in the order of its keys. Throws an error when something else lies in it. */
export function leaves(tree: unknown): Tensor[] {
  if (tree instanceof tf.Tensor) return [tree];
  if (typeof tree !== "object" || tree === null) {
    throw new Error(`A compiled step takes and returns tensors in objects and arrays, not ${String(tree)}`);
  }
  return Object.values(tree).flatMap((child) => leaves(child));
}

/** The tree with other tensors in the same places. */
export function withLeaves<T>(tree: T, tensors: Tensor[]): T {
  const next = tensors.values();
  const build = (node: Tree): Tree => {
    if (node instanceof tf.Tensor) return next.next().value!;
    if (Array.isArray(node)) return node.map(build);
    return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, build(child)]));
  };
  return build(tree as Tree) as T;
}

/** What distinguishes one trace of a step from another: the names, types and shapes of its arguments. */
function signature(tree: Tree): string {
  if (tree instanceof tf.Tensor) return `${tree.dtype}[${tree.shape}]`;
  if (Array.isArray(tree)) return `[${tree.map(signature)}]`;
  return `{${Object.entries(tree).map(([name, child]) => `${name}:${signature(child)}`)}}`;
}

/** How a step runs: see compile. */
export interface CompileOptions {
  enabled?: boolean;
  donate?: number[];
  precision?: Precision;
}

interface Trace<R> {
  name: string;
  result: R;
  shapes: number[][];
}

/**
 * Records a step once for each set of argument shapes and then runs it as one TensorFlow function.
 *
 * A step is a pure function of trees of tensors (see Tree): what it needs comes in as arguments, what it changes goes
 * out as its result. Everything else is frozen while recording, so reading a value, drawing random numbers in
 * JavaScript and large tensors from outside are refused with an error that says so. Results belong to the caller's
 * tf.tidy and outlive the arguments, one handed straight back included. The arguments at the places in `donate` are the
 * step's own: their tensors are gone after it, as with JAX's donate_argnums. `precision` is what its convolutions compute
 * with. With `enabled: false` the step runs as it stands, operation by operation, in 32-bit floats.
 */
export function compile<A extends unknown[], R>(
  step: (...args: A) => R,
  { enabled = true, donate = [], precision }: CompileOptions = {},
): (...args: A) => R {
  const run = enabled ? recorded(step, precision) : eager(step);
  return (...args) => {
    const result = run(args);
    donate.forEach((place) => tf.dispose(args[place] as Tensor));
    return result;
  };
}

function eager<A extends unknown[], R>(step: (...args: A) => R) {
  return (args: A): R =>
    tf.tidy(() => {
      const result = step(...args), given = new Set(leaves(args));
      return withLeaves(result, leaves(result).map((t) => given.has(t) ? t.clone() : t)) as Tensor;
    }) as R;
}

function recorded<A extends unknown[], R>(step: (...args: A) => R, precision?: Precision) {
  const traces = new Map<string, Trace<R>>();
  return (args: A): R => {
    if (binding.recorder) throw new Error("A step is being compiled already: compile() does not nest");
    const inputs = leaves(args);
    const key = signature(args as unknown as Tree);
    let trace = traces.get(key);
    if (!trace) traces.set(key, trace = record(step, args, precision));
    const outputs = binding.executeOp(trace.name, [], inputs.map(idOf), trace.shapes.length);
    return withLeaves(trace.result, outputs.map((output) => backend().createOutputTensor(output)));
  };
}

function record<A extends unknown[], R>(
  step: (...args: A) => R,
  args: A,
  precision?: Precision,
): Trace<R> {
  const inputs = leaves(args);
  inputs.forEach(idOf); // uploads what is not in TensorFlow's memory yet, before recording starts
  const recorder = new Recorder(binding, precision);
  const random = Math.random;
  Math.random = () => {
    throw new Error(
      "A compiled step drew a random number in JavaScript: it would be the same for ever. Draw it outside and " +
        "pass it as an argument",
    );
  };
  try {
    let trace: Trace<R>;
    tf.tidy(() => {
      const symbols = inputs.map((tensor) =>
        backend().createOutputTensor(
          recorder.argument(backend().getDTypeInteger(tensor.dtype), tensor.shape),
        ) as Tensor
      );
      const result = step(...withLeaves(args, symbols));
      const outputs = leaves(result);
      recorder.end(outputs.map(idOf));
      // Only the result's structure is kept; its tensors are nodes that end with the recording.
      trace = {
        name: recorder.name,
        result: withLeaves(result, outputs),
        shapes: outputs.map((o) => o.shape),
      };
    });
    return trace!;
  } finally {
    Math.random = random;
    recorder.close();
  }
}

/** Parameters by name, as optimizers, checkpoints and gradients know them. */
export type Named = Record<string, Tensor>;

/**
 * The value of a scalar function of parameters, its gradients, and what else it computed on the way.
 * Parameters that the loss does not reach get zero gradients.
 */
export function valueAndGradients<X>(
  f: (parameters: Named) => { loss: Tensor; aux: X },
  parameters: Named,
): { loss: Tensor; gradients: Named; aux: X } {
  const names = Object.keys(parameters);
  let aux: X | undefined;
  // deno-lint-ignore no-explicit-any
  const { value, grads } = (tf.engine() as any).gradients(
    () => {
      const made = f(parameters);
      // Kept, since the gradient's own scope ends before the caller sees them; given back below.
      aux = withLeaves(made.aux, leaves(made.aux).map((t) => tf.keep(t.clone())));
      return made.loss;
    },
    names.map((name) => parameters[name]),
    undefined,
    true,
  );
  const kept = leaves(aux!);
  const handed = withLeaves(aux!, kept.map((t) => t.clone()));
  kept.forEach((t) => t.dispose());
  const gradients = Object.fromEntries(
    names.map((name, k) => [name, grads[k] ?? tf.zerosLike(parameters[name])]),
  );
  return { loss: value, gradients, aux: handed };
}
