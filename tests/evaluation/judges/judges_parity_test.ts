/** Published judges from the video to the score against PyTorch (tests/goldens/make_judges.py says what the golden holds). */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Clip } from "../../../lib/dataset/dataset.ts";
import {
  featureStatistics,
  frechetDistance,
  kernelDistance,
} from "../../../lib/evaluation/metrics/frechet.ts";
import { openInception, openSyncnet } from "../../../lib/evaluation/judges/judge_source.ts";
import { syncnetJudge, type SyncnetNetwork } from "../../../lib/evaluation/judges/syncnet_judge.ts";
import { ffmpegPath } from "../../../lib/media/ffmpeg.ts";
import { foreignNetworks } from "../../../lib/models/pytorch_names.ts";
import type { ForeignNetwork } from "../../../lib/weights/foreign.ts";
import { writeSafetensors } from "../../../lib/weights/safetensors.ts";
import { madeRow } from "../../dataset/made_row.ts";
import { readGolden, relativeError, under } from "../../golden.ts";
import { inFolder } from "../../media/made_video.ts";
import { importMade } from "../../models/made_network.ts";
import { madeInput, uniform } from "../../models/made_weights.ts";

const { tensors, metadata } = await readGolden("judges");
const width: Record<"syncnet" | "inception", number> = JSON.parse(metadata.width);
const video: { frames: number; height: number; width: number; first: number } = JSON.parse(metadata.film);
const shape: { frames: number; samples: number } = JSON.parse(metadata.clip);

/** Made images of one size as RGB bytes: [n] of [height, width, 3]. */
function madeImages(name: string, n: number, [height, width]: [number, number]): Uint8Array[] {
  const planes = madeInput(name, [[n, 3, height, width], 0, 255]), size = height * width;
  return Array.from({ length: n }, (_, k) =>
    Uint8Array.from(
      { length: 3 * size },
      // Bytes cut off what is behind the point, as numpy's do.
      (_, i) => planes[(3 * k + i % 3) * size + Math.floor(i / 3)],
    ));
}

/** Writes the video without loss. */
async function writeVideo(path: string): Promise<string> {
  const { frames, height, width } = video;
  const process = new Deno.Command(ffmpegPath(), {
    args: [
      ...["-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", `${width}x${height}`, "-r", "25"],
      ...["-i", "-", "-c:v", "png", `file:${path}`],
    ],
    ...{ stdin: "piped", stdout: "null", stderr: "piped" },
  }).spawn();
  const input = process.stdin.getWriter(), ended = process.output();
  for (const frame of madeImages("film", frames, [height, width])) await input.write(frame);
  await input.close();
  const { success, stderr } = await ended;
  assert.ok(success, new TextDecoder().decode(stderr));
  return path;
}

/** Noise whose level changes from frame to frame. */
function madeAudio(): Int16Array {
  const level = uniform("sound/level", shape.frames), noise = uniform("sound", shape.samples);
  return Int16Array.from(
    noise,
    (value, k) => Math.trunc(9000 * Math.abs(level[Math.floor(k / 640)]) * value),
  );
}

/** A prepared clip of the video, as far as SyncNet looks at one: boxes, video and sound. */
async function madeClip(folder: string): Promise<Clip> {
  const source = await writeVideo(join(folder, "film.mov"));
  const row = madeRow({ id: "s1/a", source, frames: shape.frames, first_frame: video.first });
  const data = tensors["clip/boxes"].dataSync() as Float32Array<ArrayBuffer>;
  const columns = Math.ceil(3.2 * shape.frames) + 1;
  await writeSafetensors(join(folder, row.path), {
    boxes: { dtype: "F32", shape: [shape.frames, 4], data },
    mel: { dtype: "F32", shape: [columns, 80], data: new Float32Array(80 * columns) },
  }, {});
  const clip = { row, frames: shape.frames, columns: 0, audio: madeAudio(), voiced: [] };
  return { ...clip, faces: new Uint8Array(), mel: new Float32Array(), mouth: new Float32Array() };
}

/** A network with made weights as a file of `deno task import`; some paths' weights are scaled. */
async function writeMade(
  path: string,
  network: ForeignNetwork,
  scaleOf: (path: string) => number = () => 1,
): Promise<string> {
  const { params } = await importMade(network, 1);
  const entries = Object.entries(params).map(([name, tensor]) => {
    const data = (tensor.dataSync() as Float32Array<ArrayBuffer>).map((value) => value * scaleOf(name));
    tensor.dispose();
    return [name, { dtype: "F32" as const, shape: tensor.shape, data }] as const;
  });
  await writeSafetensors(path, Object.fromEntries(entries), { import_version: "1", network: network.name });
  return path;
}

const close = (found: number, expected: number, within: number, what: string) =>
  assert.ok(Math.abs(found - expected) < within * Math.abs(expected), `${what}: ${found}, not ${expected}`);

Deno.test("SyncNet's embeddings and scores of a film are PyTorch's, for whole frames and for tracked faces", () =>
  inFolder(async (folder) => {
    const clip = await madeClip(folder);
    const file = await writeMade(
      join(folder, "syncnet.safetensors"),
      foreignNetworks.syncnet(width.syncnet),
      (path) => path.startsWith("lip/dense/1/") ? Number(metadata.lips) : 1,
    );
    const network = await openSyncnet(file, { width: width.syncnet });
    for (const [protocol, name] of [["LRS", "LRS"], ["real videos", "real"]] as const) {
      const expected = under(tensors, `${name}/`), of = (key: string) => expected[key].dataSync();
      const embedded: Record<"audio" | "lip", number[]> = { audio: [], lip: [] };
      const keep = (tower: "audio" | "lip", rows: Float32Array[]) => {
        for (const row of rows) embedded[tower].push(...row);
        return rows;
      };
      const kept: SyncnetNetwork = {
        audio: (windows) => keep("audio", network.audio(windows)),
        lip: (windows) => keep("lip", network.lip(windows)),
        dispose() {},
      };
      const judge = syncnetJudge(kept, { version: "made", protocol, folder });
      const { distances, lseD, lseC, offset } = await judge.score({ clip, audio: clip });
      assert.ok(relativeError(embedded.audio, of("audio")) < 1e-4, `${name}: sound`);
      assert.ok(relativeError(embedded.lip, of("video")) < 1e-4, `${name}: lips`);
      distances.forEach((distance, i) => close(distance, of("curve")[i], 1e-4, `${name}, offset ${15 - i}`));
      close(lseD, of("lse_d")[0], 1e-4, `${name}, LSE-D`);
      close(lseC, of("lse_c")[0], 1e-4, `${name}, LSE-C`);
      assert.equal(offset, of("offset")[0]);
    }
    network.dispose();
    // The comparison can tell: the two protocols are further apart than that.
    const [lrs, real] = ["LRS", "real"].map((name) => tensors[`${name}/video`].dataSync());
    assert.ok(relativeError(lrs, real) > 1e-2);
  }));

Deno.test("features of crops are those of FID's Inception in PyTorch, and so is the FID of two sets of crops", () =>
  inFolder(async (folder) => {
    const thin = { width: width.inception }, path = join(folder, "inception.safetensors");
    const network = await openInception(
      await writeMade(path, foreignNetworks.inception(width.inception)),
      thin,
    );
    const [real, drawn] = await Promise.all(
      ["real", "drawn"].map((name) =>
        network.features(madeImages(`crops/${name}`, Number(metadata.crops), [96, 96]))
      ),
    );
    for (const [name, found] of [["real", real], ["drawn", drawn]] as const) {
      const error = relativeError(found.flatMap((row) => [...row]), tensors[`fid/${name}`].dataSync());
      assert.ok(error < 1e-4, `${name}: ${error}`);
    }
    const distance = frechetDistance(featureStatistics(real), featureStatistics(drawn));
    close(distance, Number(metadata.frechet), 1e-4, "FID");
    close(kernelDistance(real, drawn), Number(metadata.kernel), 1e-3, "KID");
  }));
