import assert from "node:assert/strict";
import { join } from "node:path";
import v8 from "node:v8";
import vm from "node:vm";
import { FACE_BYTES } from "../../lib/base/shapes.ts";
import { random } from "../../lib/base/random.ts";
import { openClips } from "../../lib/dataset/clips.ts";
import { sampleSyncBatch } from "../../lib/dataset/batches.ts";
import { inFolder, makePrepared } from "../prepared.ts";

v8.setFlagsFromString("--expose-gc");
const collectGarbage: () => void = vm.runInNewContext("gc");

const PATHS = [0, 1, 2].map((k) => `clips/made/clip${k}.safetensors`);

const placed = (path: string) => ({ path, offset: 0 });
const PLACES = PATHS.map(placed);

const makeThree = (folder: string, frames: number) =>
  makePrepared(folder, [1, 2, 3].map((seed) => ({ split: "train", frames, seed })));

Deno.test("what was decoded of the clips used last is kept, up to the memory allowed", () =>
  inFolder(async (folder) => {
    await makeThree(folder, 20);
    // A clip's mel takes 0.021 MB, each of its frames 0.028 MB.
    const clips = openClips(folder, PLACES, { cacheMegabytes: 0.25 });
    const first = await clips.open(0);
    await first.faces([0, 1, 2]);
    assert.equal(await clips.open(0), first, "0.10 MB");
    const second = await clips.open(1);
    await second.faces([0, 1, 2, 3]);
    assert.equal(await clips.open(0), first, "0.24 MB, the first one used last");
    const third = await clips.open(2);
    assert.notEqual(await clips.open(1), second, "dropped for the third one's mel");
    assert.equal(await clips.open(2), third);
    const [face] = await second.faces([19]);
    assert.equal(face.length, FACE_BYTES, "whoever holds a dropped clip may still read it");
  }));

Deno.test("a clip that could not be read is tried again", () =>
  inFolder(async (folder) => {
    await makeThree(folder, 8);
    const path = join(folder, PATHS[0]), clips = openClips(folder, PLACES);
    await Deno.rename(path, path + ".away");
    await assert.rejects(clips.open(0), /clip0\.safetensors does not exist/);
    await Deno.rename(path + ".away", path);
    assert.equal((await clips.open(0)).frames, 8);
  }));

Deno.test({
  name: "memory stays flat over 3,000 clips",
  ignore: Deno.build.os === "windows", // where making links needs a right of its own
  fn: () =>
    inFolder(async (folder) => {
      await makeThree(folder, 20);
      const paths = Array.from({ length: 3000 }, (_, k) => `clips/${k}.safetensors`);
      for (const [k, path] of paths.entries()) {
        await Deno.link(join(folder, PATHS[k % 3]), join(folder, path));
      }
      const clips = openClips(folder, paths.map(placed), { cacheMegabytes: 10 }), numbers = random(1);
      const draw = async (batches: number) => {
        for (let k = 0; k < batches; k++) {
          await sampleSyncBatch(clips, numbers, { clips: 5, windows: 2, minShift: 5, voicedOnly: true });
        }
      };
      const held = () => {
        collectGarbage();
        return Deno.memoryUsage().external / 1e6;
      };
      await draw(40);
      const heldBefore = held(), before = Deno.memoryUsage().rss;
      await draw(120);
      const more = held() - heldBefore, grown = (Deno.memoryUsage().rss - before) / 1e6;
      // 1,200 windows are 190 MB of frames and mel, and the batches another 370 MB.
      assert.ok(more < 5, `${more.toFixed(1)} MB more are held after 1,200 windows`);
      // The process itself keeps some of what it was given; 120 MB more were seen, and none.
      assert.ok(grown < 250, `the process has grown by ${grown.toFixed(0)} MB`);
    }),
});
