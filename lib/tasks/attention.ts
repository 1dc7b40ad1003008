import { basename, join } from "node:path";
import { lowerFaces, melWindow } from "../dataset/windows.ts";
import { openSpeakerVideo, type SpeakerVideo, type VideoPart, videoParts } from "../dataset/speaker_video.ts";
import { KitError } from "../base/errors.ts";
import { attentionGrid, type AttentionLayer, drawAttentionFrame } from "../figures/attention.ts";
import { sourceLine } from "../figures/plot.ts";
import { makeFolder, writeAtomic } from "../base/files.ts";
import { openVideoWriter, type VideoWriter } from "../media/writer.ts";
import { melStart } from "../media/mel.ts";
import { syncDiscriminator } from "../models/sync_discriminator.ts";
import { compile, type Named } from "../native/compile.ts";
import { disposeParams, type Params } from "../nn/params.ts";
import { scope } from "../nn/scope.ts";
import { Progress } from "../base/progress.ts";
import {
  FACE_BYTES,
  FACE_SIZE,
  FRAME_RATE,
  HALF_FACE,
  LOWER_SIZE,
  MEL_BANDS,
  MEL_SIZE,
  MEL_WINDOW,
  SYNC_FRAMES,
} from "../base/shapes.ts";
import { type Tensor, tf } from "../native/tf.ts";
import { loadDiscriminator, readRun } from "../training/run.ts";
import { openSafetensors } from "../weights/safetensors.ts";
import { openRowWriter, type RowWriter } from "../weights/safetensors_rows.ts";

/** Windows a forward pass. */
const BATCH = 16;
/** Windows whose maps are read back at once while the video is drawn. */
const BLOCK = 50;

/** The frame of a window that its maps are drawn over. */
const MIDDLE = SYNC_FRAMES >> 1;

/** Size of one layer's attention, and the range of its spatial map over the whole video. */
export interface LayerSummary {
  /** Its path in the parameter tree, such as "video/3". */
  name: string;
  input: "face" | "sound";
  channels: number;
  h: number;
  w: number;
  range: [number, number];
}

export interface AttentionReport {
  video: string;
  run: string;
  /** Steps the discriminator was trained for. */
  step: number;
  frames: number;
  windows: number;
  /** The moment of the image: the loud one with the most open mouth. */
  moment: { frame: number; seconds: number };
  layers: LayerSummary[];
  /** Grid of all layers at that moment. */
  picture: string;
  /** The grid over all frames, with the sound. */
  film: string;
  /** Channel weights `<layer>/channel` [windows, c] and maps `<layer>/spatial` [windows, h, w]. */
  maps: string;
}

/** Attention of one batch: [16, c] and [16, h, w] values by layer. */
type BatchMaps = Record<string, { channel: Float32Array; spatial: Float32Array }>;

/** The discriminator as a function from windows of a part to all its attention, compiled once for 16 windows. */
function attender(params: Params) {
  const forward = compile((all: Named, batch: Named) =>
    syncDiscriminator(scope(all), batch as { mel: Tensor; faces: Tensor }).maps as Record<
      string,
      { channel: Tensor; spatial: Tensor }
    >
  );
  return (part: VideoPart, from: number, count: number): BatchMaps => {
    const mel = new Float32Array(BATCH * MEL_SIZE), faces = new Float32Array(BATCH * LOWER_SIZE);
    for (let k = 0; k < count; k++) {
      melWindow(part, melStart(from + k), mel.subarray(k * MEL_SIZE, (k + 1) * MEL_SIZE));
      lowerFaces(part, from + k, faces.subarray(k * LOWER_SIZE, (k + 1) * LOWER_SIZE));
    }
    const read: BatchMaps = {};
    tf.tidy(() => {
      const maps = forward(params, {
        mel: tf.tensor4d(mel, [BATCH, MEL_BANDS, MEL_WINDOW, 1]),
        faces: tf.tensor4d(faces, [BATCH, HALF_FACE, FACE_SIZE, 3 * SYNC_FRAMES]),
      });
      for (const [name, { channel, spatial }] of Object.entries(maps)) {
        read[name] = {
          channel: channel.dataSync() as Float32Array,
          spatial: spatial.dataSync() as Float32Array,
        };
      }
    });
    return read;
  };
}

/** Layers and their sizes, found by applying the network to nothing. */
function layersOf(params: Params): LayerSummary[] {
  return tf.tidy(() => {
    const { maps } = syncDiscriminator(scope(params), {
      mel: tf.zeros([1, MEL_BANDS, MEL_WINDOW, 1]),
      faces: tf.zeros([1, HALF_FACE, FACE_SIZE, 3 * SYNC_FRAMES]),
    });
    return Object.entries(maps).map(([name, { channel, spatial }]) => ({
      name,
      input: name.startsWith("video/") ? "face" as const : "sound" as const,
      channels: channel.shape[1]!,
      h: spatial.shape[1]!,
      w: spatial.shape[2]!,
      range: [Infinity, -Infinity] as [number, number],
    }));
  });
}

/** Applies the network to the whole video: fills the file of maps, and the layers' ranges. */
async function measure(
  video: SpeakerVideo,
  layers: LayerSummary[],
  { params, writer }: { params: Params; writer: RowWriter },
): Promise<void> {
  const attend = attender(params);
  using progress = new Progress("attention", video.windows, { unit: "windows" });
  for await (const part of videoParts(video)) {
    for (let from = 0; from < part.windows; from += BATCH) {
      const count = Math.min(BATCH, part.windows - from);
      const maps = attend(part, from, count);
      for (const { name, channels, h, w, range } of layers) {
        const channel = maps[name].channel.subarray(0, count * channels);
        const spatial = maps[name].spatial.subarray(0, count * h * w);
        for (const value of spatial) {
          if (value < range[0]) range[0] = value;
          if (value > range[1]) range[1] = value;
        }
        await writer.write(`${name}/channel`, part.first + from, channel);
        await writer.write(`${name}/spatial`, part.first + from, spatial);
      }
      progress.update(part.first + from + count);
    }
  }
}

/** Reads the attention of windows `first` to `first + count - 1` out of the file of maps. */
async function readMoments(
  path: string,
  layers: LayerSummary[],
  { first, count }: { first: number; count: number },
): Promise<AttentionLayer[][]> {
  const file = await openSafetensors(path);
  const rows = async (name: string, size: number) => {
    const bytes = await file.readRange(name, 2 * first * size, 2 * (first + count) * size);
    return Float32Array.from(new Float16Array(bytes.buffer as ArrayBuffer));
  };
  try {
    const moments: AttentionLayer[][] = Array.from({ length: count }, () => []);
    for (const { name, input, channels, h, w } of layers) {
      const channel = await rows(`${name}/channel`, channels), spatial = await rows(`${name}/spatial`, h * w);
      moments.forEach((moment, k) =>
        moment.push({
          ...{ name, input, h, w },
          channelWeights: channel.subarray(k * channels, (k + 1) * channels),
          spatialMap: spatial.subarray(k * h * w, (k + 1) * h * w),
        })
      );
    }
    return moments;
  } finally {
    file.close();
  }
}

/** The start of the window that shows the most: an open mouth in a loud moment. */
function tellingWindow({ windows, mouth, mel }: SpeakerVideo): number {
  let best = 0, most = -1;
  for (let start = 0; start < windows; start++) {
    const from = melStart(start) * MEL_BANDS;
    let loudness = 0;
    for (let k = from; k < from + MEL_SIZE; k++) loudness += (mel[k] + 4) / MEL_SIZE;
    const telling = loudness * mouth[2 * (start + MIDDLE)];
    if (telling > most) [best, most] = [start, telling];
  }
  return best;
}

/** Draws the image and the video from the maps; the video is read once more for the faces. */
async function draw(video: SpeakerVideo, report: AttentionReport): Promise<void> {
  const { layers, windows, moment } = report;
  const ranges = Object.fromEntries(layers.map(({ name, range }) => [name, range]));
  const name = basename(video.source);
  const optionsOf = (crop: Uint8Array, frame: number, start: number) => ({
    title: `Attention of the sync discriminator, ${name} at ${(frame / FRAME_RATE).toFixed(2)} s`,
    caption: sourceLine({ data: name, note: `${basename(report.run)}, ${report.step} steps` }),
    face: { rgb: crop.subarray(FACE_BYTES / 2), width: FACE_SIZE, height: HALF_FACE },
    mel: video.mel.subarray(melStart(start) * MEL_BANDS, melStart(start) * MEL_BANDS + MEL_SIZE),
  });
  using progress = new Progress("drawing", video.frames, { unit: "frames" });
  let writer: VideoWriter | undefined;
  let block: AttentionLayer[][] = [], first = 0, frame = 0;
  try {
    for await (const crop of video.crops()) {
      // The window whose middle this frame is; the ends of the video hold the first and the last one.
      const start = Math.min(Math.max(0, frame - MIDDLE), windows - 1);
      if (start >= first + block.length) {
        first = start;
        block = await readMoments(report.maps, layers, { first, count: Math.min(BLOCK, windows - first) });
      }
      const shown = block[start - first], options = optionsOf(crop, frame, start);
      const { rgb, width, height } = drawAttentionFrame(shown, { ...options, ranges });
      writer ??= openVideoWriter(report.film, { width, height, audio: video.audio });
      await writer.write(rgb);
      if (frame === moment.frame) await writeAtomic(report.picture, attentionGrid(shown, options));
      progress.update(++frame);
    }
    await writer?.close();
  } catch (error) {
    await writer?.abort();
    throw error;
  }
}

/**
 * Shows where every CBAM layer of a run's discriminator looks in a video: `attention.png`, a grid of all layers at one
 * telling moment; `attention.mp4`, the same over all frames with the sound and colours that keep their meaning; and
 * `attention.safetensors` with the channel weights and spatial maps of every window. The video is streamed.
 * Throws KitError when the video cannot be read or shows no face, when the run holds no discriminator or one without
 * CBAM, or when the folder cannot be written.
 */
export async function attentionReport(
  video: string,
  { run, out }: { run: string; out: string },
): Promise<AttentionReport> {
  const { config } = await readRun(run);
  if (!config.discriminator.cbam) {
    throw new KitError(
      `The discriminator of ${run} has no CBAM, so there is no attention to show`,
      "Give a run trained with discriminator.cbam=true",
    );
  }
  const { params, step } = await loadDiscriminator(run);
  try {
    const film = await openSpeakerVideo(video);
    const layers = layersOf(params), start = tellingWindow(film), frame = start + MIDDLE;
    const report: AttentionReport = {
      ...{ video, run, step, layers, frames: film.frames, windows: film.windows },
      moment: { frame, seconds: frame / FRAME_RATE },
      picture: join(out, "attention.png"),
      film: join(out, "attention.mp4"),
      maps: join(out, "attention.safetensors"),
    };
    await makeFolder(out);
    const shapes = layers.flatMap(({ name, channels, h, w }): [string, number[]][] => [
      [`${name}/channel`, [channels]],
      [`${name}/spatial`, [h, w]],
    ]);
    const about = "row i is the window of the frames i to i + 4, at 25 frames/s";
    const metadata = { video, run, step: String(step), first_frame: String(film.firstFrame), rows: about };
    const writer = await openRowWriter(report.maps, Object.fromEntries(shapes), {
      rows: film.windows,
      metadata,
    });
    try {
      await measure(film, layers, { params, writer });
      await writer.close();
    } catch (error) {
      await writer.abort();
      throw error;
    }
    await draw(film, report);
    return report;
  } finally {
    disposeParams(params);
  }
}
