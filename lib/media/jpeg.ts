import { threadBinding } from "../native/binding.ts";
import { CONSTANTS } from "../native/library.ts";

const { TF_ATTR_BOOL, TF_ATTR_INT, TF_ATTR_STRING, TF_STRING, TF_UINT8 } = CONSTANTS;
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

/** Encodes RGB bytes [size, size, 3] as JPEG, the colour in full resolution. */
export function encodeJpeg(
  rgb: Uint8Array,
  { size, quality }: { size: number; quality: number },
): Uint8Array {
  const binding = threadBinding(), image = binding.createTensor([size, size, 3], TF_UINT8, rgb);
  const [{ id }] = binding.executeOp(
    "EncodeJpeg",
    [
      { name: "format", type: TF_ATTR_STRING, value: "rgb" },
      { name: "quality", type: TF_ATTR_INT, value: quality },
      { name: "chroma_downsampling", type: TF_ATTR_BOOL, value: false },
    ],
    [image],
    1,
  );
  const [jpeg] = binding.tensorDataSync(id) as Uint8Array[];
  binding.deleteTensor(id);
  binding.deleteTensor(image);
  return jpeg;
}
