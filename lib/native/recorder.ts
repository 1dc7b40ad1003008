import { type Attribute, setAttribute } from "./attributes.ts";
import type { Binding, TensorMetadata } from "./binding.ts";
import type { Precision } from "./precision.ts";
import { type Bytes, CONSTANTS, cString, int64s, memory, type Pointer, utf8 } from "./library.ts";

/** A node's output in the graph: a TF_Output of 16 bytes (operation pointer, index). */
type Output = Bytes;

/** With fewer channels than this on one of its sides a convolution is no quicker in bfloat16. */
const LEAST_CHANNELS = 4;
/** The convolutions and, of their inputs, the two that are multiplied. */
const CONVOLUTIONS: Record<string, [number, number]> = {
  Conv2D: [0, 1],
  Conv2DBackpropInput: [1, 2],
  Conv2DBackpropFilter: [0, 2],
};

/** Values made in JavaScript inside a step are frozen into the graph; above this many they are refused. */
const LARGEST_CONSTANT = 1024;

let functions = 0;

/** Records operations as nodes of a graph, in place of running them, and turns the graph into one TensorFlow function. */
export class Recorder {
  readonly name = `step_${functions++}`;
  /** Counts of what was recorded. */
  readonly statistics = { nodes: 0, constants: 0, fills: 0 };
  readonly #graph: Pointer;
  readonly #nodes = new Map<number, Output>();
  readonly #captured = new Map<number, Output>();
  readonly #arguments: Output[] = [];
  /** The last operation on each resource, by the id of its handle: they run in the order in which they were recorded. */
  readonly #lastOn = new Map<number, Pointer>();
  /** What was rounded to bfloat16 already: a convolution's input is its gradient's too. */
  readonly #rounded = new Map<number, Output>();
  #names = 0;

  /** Starts recording what the binding is asked to run, until `close`. */
  constructor(readonly binding: Binding, readonly precision: Precision = "float32") {
    if (binding.recorder) throw new Error("A step is being compiled already: compile() does not nest");
    this.#graph = binding.symbols.TF_NewGraph();
    binding.recorder = this;
  }

  /** Adds an argument of the function and returns the id that stands for it. */
  argument(dtype: number, shape: number[]): TensorMetadata {
    const s = this.binding.symbols;
    const node = this.#begin("Placeholder");
    s.TF_SetAttrType(node, cString("dtype"), dtype);
    s.TF_SetAttrShape(node, cString("shape"), int64s(shape), shape.length);
    const output = this.#finish(node);
    this.#arguments.push(output);
    const id = this.binding.newId();
    this.#nodes.set(id, output);
    return { id, shape, dtype };
  }

  add(name: string, attributes: Attribute[], ids: number[], outputs: number): TensorMetadata[] {
    const multiplied = this.precision === "bfloat16" ? CONVOLUTIONS[name] : undefined;
    if (multiplied && this.#channels(name, ids) >= LEAST_CHANNELS) {
      return [this.#describe(this.#convolve(name, attributes, ids, multiplied), name)];
    }
    const resources = ids.filter((id) => this.#lastOn.has(id));
    const after = resources.map((id) => this.#lastOn.get(id)!);
    const first = this.#node(name, attributes, ids.map((id) => this.#input(id)), after);
    for (const id of resources) this.#lastOn.set(id, operationOf(first));
    return Array.from({ length: outputs }, (_, k) => {
      const made = this.#describe(outputAt(first, k), name);
      if (made.dtype === CONSTANTS.TF_RESOURCE) this.#lastOn.set(made.id, operationOf(first));
      return made;
    });
  }

  /** A convolution of rounded inputs, whose output is a 32-bit float again. */
  #convolve(name: string, attributes: Attribute[], ids: number[], multiplied: number[]): Output {
    const inputs = ids.map((id, k) => multiplied.includes(k) ? this.#round(id) : this.#input(id));
    const type = { name: "T", type: CONSTANTS.TF_ATTR_TYPE, value: CONSTANTS.TF_BFLOAT16 };
    const others = attributes.filter((attribute) => attribute.name !== "T");
    return this.#cast(this.#node(name, [type, ...others], inputs), CONSTANTS.TF_BFLOAT16, CONSTANTS.TF_FLOAT);
  }

  /** The fewer of a convolution's channels going in and coming out. */
  #channels(name: string, ids: number[]): number {
    const [first, second] = CONVOLUTIONS[name].map((place) => this.#shape(this.#input(ids[place])));
    // A kernel [h, w, in, out] tells both; its gradient is made of what went in and what came out.
    return name === "Conv2DBackpropFilter"
      ? Math.min(first[3], second[3])
      : Math.min(...(name === "Conv2D" ? second : first).slice(2));
  }

  #round(id: number): Output {
    const known = this.#rounded.get(id);
    if (known) return known;
    const rounded = this.#cast(this.#input(id), CONSTANTS.TF_FLOAT, CONSTANTS.TF_BFLOAT16);
    this.#rounded.set(id, rounded);
    return rounded;
  }

  #cast(input: Output, from: number, to: number): Output {
    const types = Object.entries({ SrcT: from, DstT: to });
    const attributes = types.map(([name, value]) => ({ name, type: CONSTANTS.TF_ATTR_TYPE, value }));
    return this.#node("Cast", attributes, [input]);
  }

  /** Adds an operation, which runs after some others; its first output comes back. */
  #node(name: string, attributes: Attribute[], inputs: Output[], after: Pointer[] = []): Output {
    const s = this.binding.symbols, node = this.#begin(name);
    for (const earlier of after) s.TF_AddControlInput(node, earlier);
    // In every operation that takes a list of tensors, the list comes first and `N` counts it. TensorFlow finds N by
    // itself and refuses it as an attribute.
    const listed = attributes.find((attribute) => attribute.name === "N")?.value ?? 0;
    if (listed > 0) s.TF_AddInputList(node, joined(inputs.slice(0, listed)), listed);
    for (const input of inputs.slice(listed)) s.TF_AddInput(node, input);
    for (const attribute of attributes) if (attribute.name !== "N") this.#setAttribute(node, attribute);
    return this.#finish(node);
  }

  /**
   * The graph becomes a function of the arguments, in their order, by this name. `close` is still to be called, after the
   * step's own tensors have been disposed: until then their ids are the recorder's.
   */
  end(outputIds: number[]): void {
    const s = this.binding.symbols;
    // Identity, since an argument handed straight back is no node of its own.
    const outputs = outputIds.map((id) => {
      const node = this.#begin("Identity");
      s.TF_AddInput(node, this.#input(id));
      return this.#finish(node);
    });
    const func = s.TF_GraphToFunction(
      this.#graph,
      cString(this.name),
      0,
      -1,
      null,
      this.#arguments.length,
      joined(this.#arguments),
      outputs.length,
      joined(outputs),
      null,
      null,
      null,
      this.binding.status,
    );
    this.binding.check();
    this.binding.addFunction(func);
    s.TF_DeleteFunction(func);
  }

  /** Stops recording and frees the graph. */
  close(): void {
    if (this.binding.recorder !== this) return;
    this.binding.recorder = null;
    this.binding.symbols.TF_DeleteGraph(this.#graph);
  }

  /** Whether the id stood for a node, which is now forgotten (the graph keeps the node itself). */
  forget(id: number): boolean {
    return this.#nodes.delete(id);
  }

  refuseValue(id: number): void {
    if (!this.#nodes.has(id)) return;
    throw new Error(
      "A compiled step read a tensor's value (dataSync, data, print or a branch on it): while recording " +
        "there is none. Return the tensor and read it outside, or use compile: false",
    );
  }

  #input(id: number): Output {
    const known = this.#nodes.get(id) ?? this.#captured.get(id);
    if (known) return known;
    const output = this.#constant(id);
    this.#captured.set(id, output);
    return output;
  }

  /** A tensor from outside the step, or one made of JavaScript values inside it, becomes a constant. */
  #constant(id: number): Output {
    const { binding } = this, s = binding.symbols;
    const handle = binding.handle(id), dtype = binding.dtypeOf(handle), shape = binding.shapeOf(handle);
    const size = shape.reduce((a, b) => a * b, 1);
    if (dtype === CONSTANTS.TF_RESOURCE) throw new Error("A compiled step cannot hold a resource variable");
    const tensor = binding.resolve(handle);
    try {
      if (size > LARGEST_CONSTANT) {
        const same = dtype === CONSTANTS.TF_FLOAT ? uniformValue(s.TF_TensorData(tensor), size) : undefined;
        if (same === undefined) {
          throw new Error(
            `A compiled step uses a tensor [${shape}] that is none of its arguments (data, or random numbers ` +
              "made in JavaScript): it would be frozen for ever. Make it outside and pass it as an argument",
          );
        }
        return this.#fill(shape, same);
      }
      const node = this.#begin("Const");
      s.TF_SetAttrType(node, cString("dtype"), dtype);
      s.TF_SetAttrTensor(node, cString("value"), tensor, binding.status);
      binding.check();
      this.statistics.constants++;
      return this.#finish(node);
    } finally {
      s.TF_DeleteTensor(tensor);
    }
  }

  /** tf.zeros and tf.ones, as a node of two small constants in place of one big one. */
  #fill(shape: number[], value: number): Output {
    const { binding } = this;
    const dims = binding.createTensor([shape.length], CONSTANTS.TF_INT32, Int32Array.from(shape));
    const scalar = binding.createTensor([], CONSTANTS.TF_FLOAT, new Float32Array([value]));
    const node = [this.#constant(dims), this.#constant(scalar)];
    binding.deleteTensor(dims);
    binding.deleteTensor(scalar);
    const fill = this.#begin("Fill");
    node.forEach((input) => binding.symbols.TF_AddInput(fill, input));
    this.statistics.fills++;
    return this.#finish(fill);
  }

  #begin(op: string): Pointer {
    const node = `${op}_${this.#names++}\0`;
    return this.binding.symbols.TF_NewOperation(this.#graph, cString(op), utf8(node));
  }

  #finish(node: Pointer): Output {
    const operation = this.binding.symbols.TF_FinishOperation(node, this.binding.status);
    this.binding.check();
    this.statistics.nodes++;
    const output = new Uint8Array(16);
    new DataView(output.buffer).setBigUint64(0, BigInt(Deno.UnsafePointer.value(operation)), true);
    return output;
  }

  #describe(output: Output, op: string): TensorMetadata {
    const { binding } = this;
    const id = binding.newId(), dtype = binding.symbols.TF_OperationOutputType(output);
    this.#nodes.set(id, output);
    const shape = this.#shape(output);
    if (shape.some((d) => d < 0)) {
      throw new Error(`A compiled step needs shapes that follow from its arguments; ${op} gave [${shape}]`);
    }
    return { id, shape, dtype };
  }

  /** A node's shape as far as TensorFlow infers it. */
  #shape(output: Output): number[] {
    const { binding } = this, s = binding.symbols;
    const rank = s.TF_GraphGetTensorNumDims(this.#graph, output, binding.status);
    binding.check();
    // An output of unknown rank (a scratch output such as batch norm's reserve space) is only passed on.
    if (rank < 0) return [];
    const dims = new BigInt64Array(new ArrayBuffer(8 * Math.max(rank, 1)));
    if (rank > 0) s.TF_GraphGetTensorShape(this.#graph, output, dims, rank, binding.status);
    binding.check();
    return Array.from(dims.subarray(0, rank), Number);
  }

  #setAttribute(node: Pointer, attribute: Attribute): void {
    const s = this.binding.symbols, { name, type, value } = attribute;
    if (setAttribute(s, { kind: "TF_", at: node }, attribute)) return;
    if (type === CONSTANTS.TF_ATTR_SHAPE) {
      return s.TF_SetAttrShape(node, cString(name), int64s(value), value.length);
    }
    const what = type === CONSTANTS.TF_ATTR_STRING ? ", a list of strings" : ` of kind ${type}`;
    throw new Error(`A compiled step cannot hold attribute ${name}${what}`);
  }
}

function joined(outputs: Output[]): Bytes {
  const all = new Uint8Array(16 * Math.max(1, outputs.length));
  outputs.forEach((output, k) => all.set(output, 16 * k));
  return all;
}

/** The operation of an output. */
const operationOf = (output: Output): Pointer =>
  Deno.UnsafePointer.create(new DataView(output.buffer).getBigUint64(0, true));

function outputAt(first: Output, index: number): Output {
  const output = first.slice();
  new DataView(output.buffer).setInt32(8, index, true);
  return output;
}

/** The one value of a float tensor whose elements are all the same, otherwise undefined. */
function uniformValue(data: Pointer, size: number): number | undefined {
  const values = new Float32Array(memory(data, 4 * size).slice().buffer);
  return values.every((v) => v === values[0]) ? values[0] : undefined;
}
