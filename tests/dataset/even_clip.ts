import { FACE_BYTES } from "../../lib/base/shapes.ts";
import type { Clip } from "../../lib/dataset/dataset.ts";

/** A clip of even frames, frame t of value t, whose mouth is the most closed in frame 3. */
export function evenClip(frames: number): Clip {
  const faces = new Uint8Array(frames * FACE_BYTES);
  for (let t = 0; t < frames; t++) faces.fill(t, t * FACE_BYTES, (t + 1) * FACE_BYTES);
  const columns = Math.floor(frames * 3.2);
  return {
    row: { id: "a/b" } as Clip["row"],
    frames,
    faces,
    mel: new Float32Array(columns * 80).fill(frames),
    columns,
    audio: new Int16Array(frames * 640),
    mouth: Float32Array.from({ length: 2 * frames }, (_, k) => Math.abs(k / 2 - 3)),
    voiced: new Array(frames - 4).fill(true),
  };
}
