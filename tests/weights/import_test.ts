import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../lib/base/errors.ts";
import type { ForeignNetwork } from "../../lib/weights/foreign.ts";
import { importLines, importWeights } from "../../lib/weights/import.ts";
import { type LazyEntry, openSafetensors, writeSafetensors } from "../../lib/weights/safetensors.ts";
import { inFolder } from "../in_folder.ts";

const pathOf = (file: string) => new URL(`../goldens/pytorch/${file}`, import.meta.url).pathname;
const expected = await openSafetensors(pathOf("expected.safetensors"));

/** The network of the goldens, as ours. */
const net = (changes: Partial<ForeignNetwork> = {}): ForeignNetwork => ({
  name: "net",
  specs: {
    "conv/kernel": { shape: [2, 3, 6, 4] },
    "conv/bias": { shape: [4] },
    "norm/scale": { shape: [4] },
    "norm/offset": { shape: [4] },
    "norm/moving_mean": { shape: [4] },
    "norm/moving_variance": { shape: [4] },
    "up/kernel": { shape: [2, 2, 3, 4] },
    "up/bias": { shape: [3] },
    "film/kernel": { shape: [2, 2, 15, 2] },
    "out/kernel": { shape: [6, 5] },
    "out/bias": { shape: [5] },
  },
  names: {
    "conv/kernel": { name: "conv.weight", order: "conv2d" },
    "conv/bias": { name: "conv.bias", order: "same" },
    "norm/scale": { name: "norm.weight", order: "same" },
    "norm/offset": { name: "norm.bias", order: "same" },
    "norm/moving_mean": { name: "norm.running_mean", order: "same" },
    "norm/moving_variance": { name: "norm.running_var", order: "same" },
    "up/kernel": { name: "up.weight", order: "conv2dTransposed" },
    "up/bias": { name: "up.bias", order: "same" },
    "film/kernel": { name: "film.weight", order: "conv3dAsConv2d" },
    "out/kernel": { name: "out.weight", order: "linear" },
    "out/bias": { name: "out.bias", order: "same" },
  },
  ignored: /num_batches_tracked$/,
  metadata: { channels: "RGB" },
  flips: { "conv/kernel": { axis: 2, groups: 2 }, "up/bias": { axis: 0, groups: 1 } },
  ...changes,
});

/** The element of a golden at an index of PyTorch's. */
async function reader(name: string) {
  const data = await expected.readF32(`state/${name}`), { shape } = expected.header.tensors[`state/${name}`];
  return (...index: number[]) => data[index.reduce((at, i, axis) => at * shape[axis] + i, 0)];
}

/** Every index of a shape. */
const indices = (shape: number[]): number[][] =>
  shape.reduce<number[][]>(
    (all, axis) => all.flatMap((index) => [...Array(axis).keys()].map((i) => [...index, i])),
    [
      [],
    ],
  );

Deno.test("both forms of PyTorch and safetensors become our names, our axis order and RGB", () =>
  inFolder(async (folder) => {
    const [conv, up, video, dense, upBias] = await Promise.all(
      ["conv.weight", "up.weight", "film.weight", "out.weight", "up.bias"].map(reader),
    );
    /** What our tensor holds at an index of ours. */
    const ours: Record<string, (index: number[]) => number> = {
      "conv/kernel": ([h, w, i, o]) => conv(o, 3 * Math.floor(i / 3) + 2 - i % 3, h, w), // six channels flipped
      "up/kernel": ([h, w, o, i]) => up(i, o, h, w),
      "film/kernel": ([h, w, channel, o]) => video(o, channel % 3, Math.floor(channel / 3), h, w),
      "out/kernel": ([i, o]) => dense(o, i),
      "up/bias": ([o]) => upBias(2 - o),
    };
    for (const file of ["checkpoint_zip.pt", "checkpoint_stream.pt", "state.safetensors"]) {
      const out = join(folder, "new", `${file}.safetensors`);
      const report = await importWeights(pathOf(file), { out, networks: { net: () => net() } });
      assert.deepEqual([report.matched.length, report.ignored, report.chosen, report.out], [
        11,
        1,
        "found",
        out,
      ]);
      assert.deepEqual([report.missing, report.wrong, report.unexpected, report.notFinite], [[], [], [], []]);
      const imported = await openSafetensors(out);
      assert.deepEqual({ ...imported.header.metadata }, {
        channels: "RGB",
        import_version: "1",
        network: "net",
        source: file,
      });
      for (const [path, { shape }] of Object.entries(net().specs)) {
        assert.deepEqual(imported.header.tensors[path].shape, shape, path);
        const data = [...await imported.readF32(path)];
        const straight = await reader(net().names[path].name);
        const wanted = indices(shape).map((index) => ours[path]?.(index) ?? straight(...index));
        assert.deepEqual(data, wanted, `${file} ${path}`);
      }
      imported.close();
    }
  }));

Deno.test("missing, wrongly shaped and unexpected tensors are told, in PyTorch's terms, and nothing is written", () =>
  inFolder(async (folder) => {
    const { specs, names } = net();
    const other = net({
      specs: {
        ...specs,
        "conv/kernel": { shape: [3, 3, 6, 4] },
        "film/kernel": { shape: [2, 2, 30, 2] },
        "more/bias": { shape: [4] },
      },
      names: { ...names, "more/bias": { name: "more.bias", order: "same" } },
      ignored: /^$/,
    });
    const out = join(folder, "out.safetensors");
    const report = await importWeights(pathOf("state_zip.pt"), {
      out,
      as: "other",
      networks: { other: () => other },
    });
    assert.deepEqual([report.out, report.chosen], [undefined, "named"]);
    assert.deepEqual(report.missing, ["more.bias"]);
    assert.deepEqual(report.wrong, [
      { name: "conv.weight", expected: [4, 6, 3, 3], found: [4, 6, 2, 3] },
      { name: "film.weight", expected: [2, 6, 5, 2, 2], found: [2, 3, 5, 2, 2] },
    ]);
    assert.deepEqual(report.unexpected, ["norm.num_batches_tracked"]);
    assert.deepEqual(Array.from(Deno.readDirSync(folder)), []);
    const lines = importLines(report);
    assert.ok(
      lines.includes("9 of 12 tensors matched, 98 parameters and 8 running statistics"),
      lines.join("\n"),
    );
    assert.ok(lines.includes('  "conv.weight" [4,6,2,3] where [4,6,3,3] is expected'), lines.join("\n"));
    assert.ok(lines.includes('  "more.bias"'), lines.join("\n"));
  }));

Deno.test("the network is the one whose names and shapes fit best", () =>
  inFolder(async (folder) => {
    const { specs, names } = net();
    const part = net({ name: "part", specs: { "out/bias": specs["out/bias"] }, names });
    const wider = net({
      name: "wider",
      specs: Object.fromEntries(
        Object.entries(specs).map(([path, { shape }]) => [path, { shape: shape.map((n) => n + 1) }]),
      ),
    });
    const networks = { part: () => part, wider: () => wider, net: () => net() };
    const out = join(folder, "out.safetensors");
    const report = await importWeights(pathOf("state_stream.pt"), { out, networks });
    assert.equal(report.network, "net");
    await assert.rejects(
      importWeights(pathOf("views_zip.pt"), { out, networks: { net: () => net() } }),
      /holds none of the networks that are known \(its first tensors are "start", "offset", "transposed"\)/,
    );
    await assert.rejects(
      importWeights(pathOf("state_zip.pt"), { out, as: "toString", networks }),
      /no network "toString".*Use one of part, wider, net/,
    );
  }));

Deno.test("numbers that are not finite are told; the file read is never written over", () =>
  inFolder(async (folder) => {
    const halves: ForeignNetwork = {
      name: "halves",
      specs: { halves: { shape: [4] }, float32: { shape: [6] } },
      names: { halves: { name: "halves", order: "same" }, float32: { name: "float32", order: "same" } },
      ignored: /./,
    };
    const file = join(folder, "halves.pt");
    await Deno.copyFile(pathOf("dtypes_zip.pt"), file);
    const networks = { halves: () => halves };
    await Deno.symlink(file, join(folder, "same.safetensors"));
    for (const out of [file, join(folder, "same.safetensors")]) {
      await assert.rejects(importWeights(file, { out, networks }), /is the file to import/);
    }
    const report = await importWeights(file, { out: join(folder, "out.safetensors"), networks });
    assert.deepEqual(report.notFinite, ["halves"]);
    assert.ok(importLines(report).includes("1 with NaN or infinity"));
  }));

Deno.test("a tensor that turns out damaged when its turn comes leaves no file behind", () =>
  inFolder(async (folder) => {
    const bytes = await Deno.readFile(pathOf("state_zip.pt"));
    const number = (await reader("out.weight"))(0, 0);
    const needle = new Uint8Array(new Float32Array([number]).buffer);
    const at = bytes.findIndex((_, k) => needle.every((byte, j) => bytes[k + j] === byte));
    bytes[at] ^= 1;
    const file = join(folder, "damaged.pt");
    await Deno.writeFile(file, bytes);
    const out = join(folder, "out.safetensors");
    await assert.rejects(
      importWeights(file, { out, networks: { net: () => net() } }),
      (error: Error) => error instanceof KitError && /do not fit its checksum/.test(error.message),
    );
    assert.deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["damaged.pt"]);
  }));

Deno.test("the memory that an import takes stays below one and a half times the file's size", () =>
  inFolder(async (folder) => {
    const file = join(folder, "large.safetensors"), out = join(folder, "out.safetensors");
    const shape = [1024, 1024], count = 25; // 105 MB
    const entries = Array.from({ length: count }, (_, k): [string, LazyEntry] => [`w${k}`, {
      dtype: "F32",
      shape,
      make: () => Promise.resolve(new Float32Array(1024 * 1024).fill(k)),
    }]);
    await writeSafetensors(file, Object.fromEntries(entries));
    const large: ForeignNetwork = {
      name: "large",
      specs: Object.fromEntries(entries.map(([name]) => [name, { shape }])),
      names: Object.fromEntries(entries.map(([name]) => [name, { name, order: "linear" }])),
      ignored: /^$/,
    };
    const before = Deno.memoryUsage().rss;
    let most = before;
    const clock = setInterval(() => most = Math.max(most, Deno.memoryUsage().rss), 1);
    const report = await importWeights(file, { out, networks: { large: () => large } });
    clearInterval(clock);
    assert.equal(report.out, out);
    const grown = Math.max(most, Deno.memoryUsage().rss) - before;
    assert.ok(grown < 1.5 * 4 * 1024 * 1024 * count, `${grown / 1e6} MB`);
  }));
