import { CONSTANTS } from "./library.ts";
import { Recorder } from "./recorder.ts";
import { binding, type Tensor, tf } from "./tf.ts";

/**
 * What a function makes of placeholders, which stand for float tensors of a shape: TensorFlow infers the shapes of all
 * that follows from them and computes nothing (as jax.eval_shape). Tensors made inside end with it.
 */
export function shapesOnly<R>(f: (placeholder: (shape: number[]) => Tensor) => R): R {
  const recorder = new Recorder(binding);
  // deno-lint-ignore no-explicit-any
  const backend = tf.backend() as any;
  try {
    let made: R;
    tf.tidy(() => {
      made = f((shape) => backend.createOutputTensor(recorder.argument(CONSTANTS.TF_FLOAT, shape)));
    });
    return made!;
  } finally {
    recorder.close();
  }
}
