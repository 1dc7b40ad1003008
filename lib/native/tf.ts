/**
 * TensorFlow for the rest of the code: @tensorflow/tfjs-node-gpu on libtensorflow through Deno's FFI.
 *
 * The package asks for its compiled addon at load; it gets the binding of lib/native in its place, so
 * nothing is compiled and no build script runs. This is the only file that knows of that.
 */
import fs from "node:fs";
import Module from "node:module";
import util from "node:util";
import { type Binding, threadBinding } from "./binding.ts";

// deno-lint-ignore no-explicit-any
const module = Module as any, legacyUtil = util as any, files = fs as any;
const isAddon = (name: unknown) => String(name).endsWith("tfjs_binding.node");

// tfjs-node calls two functions that newer node:util no longer has.
legacyUtil.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
legacyUtil.isArray ??= Array.isArray;

const load = module._load, existsSync = files.existsSync;
module._load = function (name: string, ...rest: unknown[]) {
  return isAddon(name) ? threadBinding() : load.call(this, name, ...rest);
};
files.existsSync = (path: unknown) => isAddon(path) || existsSync(path);

const tf = await import("@tensorflow/tfjs-node-gpu");
await tf.ready();
files.existsSync = existsSync;

/** The binding behind tfjs, for compile() and the kernels. */
export const binding: Binding = threadBinding();
export { tf };
export type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs-node-gpu";
