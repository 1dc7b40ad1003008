import { maxIndex, range, sum } from "d3-array";
import { basename, join } from "node:path";
import { KitError } from "../base/errors.ts";
import { makeFolder, writeAtomic } from "../base/files.ts";
import { Progress } from "../base/progress.ts";
import { FRAME_RATE, MEL_BANDS, MEL_SIZE, SYNC_FRAMES } from "../base/shapes.ts";
import { openSpeakerVideo, type SpeakerVideo, videoParts } from "../dataset/speaker_video.ts";
import { attentionFrame, attentionGrid, type AttentionLayer } from "../figures/attention.ts";
import { lowerRaster, melRaster, rangeOf } from "../figures/raster.ts";
import { sourceLine } from "../figures/source.ts";
import { writeVideo } from "../figures/video.ts";
import { type CbamLayer, cbamLayers, windowAttention } from "../inference/attention.ts";
import { melStart } from "../media/mel.ts";
import { disposeParams, type Params } from "../nn/params.ts";
import { loadDiscriminator, readRun } from "../training/run.ts";
import { type OpenSafetensors, openSafetensors } from "../weights/safetensors.ts";
import { openRowWriter } from "../weights/safetensors_rows.ts";

/** The frame of a window that its maps are drawn over. */
const MIDDLE = SYNC_FRAMES >> 1;

/** Size of one layer's attention, and the range of its spatial map over the whole video. */
interface LayerSummary extends CbamLayer {
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

/** The mel window that begins at a frame, [16, 80]. */
function melAt({ mel }: SpeakerVideo, start: number): Float32Array {
  const from = melStart(start) * MEL_BANDS;
  return mel.subarray(from, from + MEL_SIZE);
}

/** The start of the window that shows the most: an open mouth in a loud moment. */
function tellingWindow(video: SpeakerVideo): number {
  const loudness = (start: number) => sum(melAt(video, start), (value) => (value + 4) / MEL_SIZE);
  return maxIndex(range(video.windows), (start) => loudness(start) * video.mouth[2 * (start + MIDDLE)]);
}

/**
 * Writes the attention of all windows of a video as a safetensors file of 16-bit floats: `<layer>/channel` [windows, c]
 * and `<layer>/spatial` [windows, h, w]. Throws KitError when the place is not writable.
 */
async function writeAttentionMaps(
  path: string,
  video: SpeakerVideo,
  { params, metadata }: { params: Params; metadata: Record<string, string> },
): Promise<LayerSummary[]> {
  const layers = cbamLayers(params).map((layer): LayerSummary => ({
    ...layer,
    range: [Infinity, -Infinity],
  }));
  const shapes: Record<string, number[]> = {};
  for (const { name, channels, h, w } of layers) {
    Object.assign(shapes, { [`${name}/channel`]: [channels], [`${name}/spatial`]: [h, w] });
  }
  const writer = await openRowWriter(path, shapes, { rows: video.windows, metadata });
  using progress = new Progress("attention", video.windows, { unit: "windows" });
  try {
    let window = 0;
    for await (const part of videoParts(video)) {
      for (const maps of windowAttention(params, part, range(part.windows))) {
        for (const [name, values] of Object.entries(maps)) await writer.write(name, window, values);
        for (const layer of layers) {
          const [low, high] = rangeOf(maps[`${layer.name}/spatial`]);
          layer.range = [Math.min(low, layer.range[0]), Math.max(high, layer.range[1])];
        }
        progress.update(++window);
      }
    }
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return layers;
}

/** Reads the attention of one window out of the file of maps. */
async function readAttention(
  file: OpenSafetensors,
  layers: CbamLayer[],
  window: number,
): Promise<AttentionLayer[]> {
  const row = async (name: string, size: number) => {
    const bytes = await file.readRange(name, 2 * window * size, 2 * (window + 1) * size);
    return Float32Array.from(new Float16Array(bytes.slice().buffer));
  };
  return await Promise.all(layers.map(async (layer) => ({
    ...layer,
    channelWeights: await row(`${layer.name}/channel`, layer.channels),
    spatialMap: await row(`${layer.name}/spatial`, layer.h * layer.w),
  })));
}

/** Draws the image and the video from the maps; the speaker's video is read once more for the faces. */
async function drawMaps(video: SpeakerVideo, report: AttentionReport): Promise<void> {
  const { layers, windows, moment, step } = report, name = basename(video.source);
  const caption = sourceLine({ data: name, note: `${basename(report.run)}, ${step} steps` });
  const ranges = Object.fromEntries(layers.map(({ name, range }) => [name, range]));
  using maps = await openSafetensors(report.maps);
  using progress = new Progress("drawing", video.frames, { unit: "frames" });
  async function* frames() {
    let frame = 0;
    for await (const crop of video.crops()) {
      // The window whose middle this frame is; the ends of the video hold the first and the last one.
      const start = Math.min(Math.max(0, frame - MIDDLE), windows - 1);
      const attention = await readAttention(maps, layers, start),
        options = {
          title: `Attention of the sync discriminator, ${name} at ${(frame / FRAME_RATE).toFixed(2)} s`,
          ...{ caption, face: lowerRaster(crop), mel: melRaster(melAt(video, start)) },
        };
      if (frame === moment.frame) await writeAtomic(report.picture, attentionGrid(attention, options));
      yield attentionFrame(attention, { ...options, ranges });
      progress.update(++frame);
    }
  }
  await writeVideo(report.film, frames(), { audio: video.audio });
}

/**
 * Shows where every CBAM layer of a run's discriminator looks in a video: `attention.png`, a grid of all layers at one
 * telling moment; `attention.mp4`, the same over all frames with the sound and colours that keep their meaning; and
 * `attention.safetensors` with the channel weights and spatial maps of every window. The video is streamed.
 * Throws KitError when the video cannot be read or shows no face, when the run holds no discriminator or one without
 * CBAM, or when the folder cannot be written.
 */
export async function attentionReport(
  path: string,
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
    const video = await openSpeakerVideo(path), { frames, windows, firstFrame } = video;
    const files = {
      picture: join(out, "attention.png"),
      film: join(out, "attention.mp4"),
      maps: join(out, "attention.safetensors"),
    };
    await makeFolder(out);
    const rows = "row i is the window of the frames i to i + 4, at 25 frames/s";
    const metadata = { video: path, run, step: String(step), first_frame: String(firstFrame), rows };
    const layers = await writeAttentionMaps(files.maps, video, { params, metadata });
    const frame = tellingWindow(video) + MIDDLE, moment = { frame, seconds: frame / FRAME_RATE };
    const report: AttentionReport = { video: path, run, step, layers, frames, windows, moment, ...files };
    await drawMaps(video, report);
    return report;
  } finally {
    disposeParams(params);
  }
}
