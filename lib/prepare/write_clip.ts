import { MEL_BANDS } from "../base/shapes.ts";
import { openSafetensors, writeSafetensors } from "../weights/safetensors.ts";
import {
  splitFrames,
  type Stamp,
  stampTexts,
  type Texts,
  textsOf,
  valuesOf,
  wholeNumbers,
} from "../dataset/clip_file.ts";
import {
  type ClipRow,
  MEASURE_COLUMNS,
  MEASURES,
  VIDEO_COLUMNS,
  type VideoFacts,
} from "../dataset/manifest.ts";
import { measureClip, type Measured } from "./measures.ts";
import { type SpokenWord, wordsFromText, wordsToText } from "../dataset/words.ts";

/** What a prepared clip of T frames holds, beside its row. */
export interface ClipData extends Measured {
  words: SpokenWord[];
  /** Samples at 16 kHz, 640 a frame. */
  audio: Int16Array;
  /** [T, 4] in source pixels. */
  boxes: Float32Array;
  /** The frames in which the face was measured. */
  measured: number[];
}

/** Measures a clip and writes its file. */
async function write(target: string, facts: VideoFacts, data: ClipData, stamp: Texts): Promise<ClipRow> {
  const { jpegs, mel, mouth, landmarks, words, audio, boxes, measured } = data;
  const measures = measureClip(data);
  const offsets = new BigInt64Array(jpegs.length + 1);
  jpegs.forEach((jpeg, t) => offsets[t + 1] = offsets[t] + BigInt(jpeg.length));
  const frames = new Uint8Array(Number(offsets.at(-1)));
  jpegs.forEach((jpeg, t) => frames.set(jpeg, Number(offsets[t])));
  await writeSafetensors(target, {
    frames: { dtype: "U8", shape: [frames.length], data: frames },
    frame_offsets: { dtype: "I64", shape: [offsets.length], data: offsets },
    mel: { dtype: "F32", shape: [mel.length / MEL_BANDS, MEL_BANDS], data: mel },
    sound: { dtype: "I16", shape: [audio.length], data: audio },
    boxes: { dtype: "F32", shape: [jpegs.length, 4], data: boxes },
    mouth: { dtype: "F32", shape: [jpegs.length, 2], data: mouth },
    looks: { dtype: "I32", shape: [measured.length], data: Int32Array.from(measured) },
    landmarks: { dtype: "F32", shape: [measured.length, 68, 2], data: landmarks },
  }, {
    ...textsOf(facts, VIDEO_COLUMNS),
    ...textsOf(measures, MEASURE_COLUMNS),
    measures: String(MEASURES),
    word_times: wordsToText(words),
    ...stamp,
  });
  return { ...facts, ...measures, bytes: (await Deno.stat(target)).size };
}

/**
 * Writes a clip of T frames: `frames` (JPEG bytes one after the other), `frame_offsets` [T + 1], `mel` [columns, 80],
 * `sound` [samples] at 16 kHz, `boxes` [T, 4] in source pixels, `mouth` [T, 2], `looks` [n] and `landmarks` [n, 68, 2]
 * (the frames in which the face was measured); the row and the stamp as metadata, and `word_times` there as
 * `[["word", start, end], ...]` in seconds of the clip.
 * @returns the row, with what was measured of the clip
 */
export function writeClip(
  target: string,
  { facts, data, stamp }: { facts: VideoFacts; data: ClipData; stamp: Stamp },
): Promise<ClipRow> {
  return write(target, facts, data, stampTexts(stamp));
}

/** Measures a prepared clip again, without its video, and writes the numbers into its file. */
export async function measureFile(target: string): Promise<ClipRow> {
  const file = await openSafetensors(target);
  try {
    const { metadata } = file.header;
    const data: ClipData = {
      jpegs: splitFrames(await file.read("frames"), wholeNumbers(await file.read("frame_offsets"))),
      mel: await file.readF32("mel"),
      mouth: await file.readF32("mouth"),
      landmarks: await file.readF32("landmarks"),
      words: wordsFromText(metadata.word_times),
      audio: new Int16Array((await file.read("sound")).slice().buffer),
      boxes: await file.readF32("boxes"),
      measured: [...new Int32Array((await file.read("looks")).slice().buffer)],
    };
    const facts = valuesOf(metadata, VIDEO_COLUMNS) as unknown as VideoFacts;
    const { version, config, source_bytes } = metadata;
    return await write(target, facts, data, { version, config, source_bytes });
  } finally {
    file.close();
  }
}
