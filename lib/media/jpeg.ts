import { threadBinding } from "../native/binding.ts";
import { CONSTANTS } from "../native/library.ts";

const { TF_ATTR_INT, TF_STRING } = CONSTANTS;
/** Three channels, whatever the image was stored with. */
const RGB = [{ name: "channels", type: TF_ATTR_INT, value: 3 }];

/**
 * Decodes a JPEG image to RGB bytes [height, width, 3] by TensorFlow's own decoder. Called without tfjs, which
 * makes a float of every byte on the way: that takes three times as long, and a thread that only decodes would have
 * to load it. Throws TensorFlow's error for what is no JPEG.
 */
export function decodeJpeg(jpeg: Uint8Array): { rgb: Uint8Array; width: number; height: number } {
  const binding = threadBinding();
  const bytes = binding.createTensor([], TF_STRING, [jpeg]);
  try {
    const [{ id, shape: [height, width] }] = binding.executeOp("DecodeJpeg", RGB, [bytes], 1);
    const rgb = binding.tensorDataSync(id) as Uint8Array;
    binding.deleteTensor(id);
    return { rgb, width, height };
  } finally {
    binding.deleteTensor(bytes);
  }
}
