import { fileURLToPath } from "node:url";
import { openSafetensors } from "../../lib/weights/safetensors.ts";

/** A made signal and what the reference libraries make of it (tests/goldens/make_audio.py). */
export interface AudioGolden {
  samples: Int16Array;
  /** [columns, 80] by librosa. */
  mel: Float32Array;
  /** [columns, 13] by python_speech_features. */
  mfcc: Float32Array;
}

/** Reads `sound` (3 s) or `short` (450 samples, shorter than one mel window). */
export async function audioGolden(name: "sound" | "short"): Promise<AudioGolden> {
  const file = await openSafetensors(fileURLToPath(new URL("../goldens/audio.safetensors", import.meta.url)));
  try {
    const bytes = await file.read(`${name}/samples`);
    return {
      samples: new Int16Array(bytes.slice().buffer),
      mel: await file.readF32(`${name}/mel`),
      mfcc: await file.readF32(`${name}/mfcc`),
    };
  } finally {
    file.close();
  }
}
