import assert from "node:assert/strict";
import { join } from "node:path";
import { loadClip } from "../../lib/dataset/dataset.ts";
import { readFilters } from "../../lib/prepare/filters.ts";
import { readManifest, readRejects } from "../../lib/dataset/manifest.ts";
import { mergePrepared } from "../../lib/prepare/merge.ts";
import { prepare } from "../../lib/prepare/prepare.ts";
import { inShard, parseShard } from "../../lib/prepare/splits.ts";
import { KitError } from "../../lib/base/errors.ts";
import { inFolder } from "../media/made_video.ts";
import { makeFaceVideo } from "./face_video.ts";

Deno.test("shards are about equal, cover everything once, and do not depend on other clips", () => {
  const ids = Array.from({ length: 4000 }, (_, k) => `s${k % 9}/${k}`);
  const shards = [1, 2, 3, 4].map((index) => ids.filter((id) => inShard(id, { index, count: 4 })));
  assert.deepEqual(shards.flat().sort(), [...ids].sort());
  for (const shard of shards) assert.ok(Math.abs(shard.length - 1000) < 100, `${shard.length}`);
  assert.ok(ids.every((id) => inShard(id, parseShard())));
  assert.deepEqual(parseShard("2/4"), { index: 2, count: 4 });
  for (const text of ["0/4", "5/4", "2", "a/b", "1/0", "1/2/3", "1.5/2", ""]) {
    assert.throws(() => parseShard(text), KitError, text);
  }
});

Deno.test("shards in several folders are merged, shards in one folder complete each other", () =>
  inFolder(async (folder) => {
    const videos = join(folder, "dora"), at = (name: string) => join(folder, name);
    await Deno.mkdir(videos);
    // The names decide the shard: two of the videos belong to each, and so does a bad one.
    const names = ["a", "b", "c", "d", "e", "f", "g", "h"],
      shard = (name: string) => inShard(`dora/${name}`, { index: 1, count: 2 }) ? 0 : 1;
    const first = names.filter((name) => shard(name) === 0),
      second = names.filter((name) => shard(name) === 1);
    assert.ok(first.length >= 2 && second.length >= 2);
    await makeFaceVideo(join(videos, `${first[0]}.mp4`), { seconds: 0.8 });
    await makeFaceVideo(join(videos, `${second[0]}.mp4`), { seconds: 1, person: 1 });
    await Deno.copyFile(join(videos, `${first[0]}.mp4`), join(videos, `${second[1]}.mp4`));
    await Deno.writeTextFile(join(videos, `${first[1]}.mp4`), "no video");
    const good = [first[0], second[0], second[1]].sort(), ids = good.map((name) => `dora/${name}`);
    // Of the video that is there twice, the second by name goes.
    const copy = `dora/${[first[0], second[1]].sort()[1]}`;

    const options = { workers: 1, filters: ["minVoiced=none", "minSharpness=3"] };
    const one = await prepare(videos, at("part 1"), { ...options, shard: "1/2" });
    assert.deepEqual([one.clips.length, one.rejects.length, one.elsewhere], [1, 1, 2]);
    const two = await prepare(videos, at("part 2"), { ...options, shard: "2/2" });
    assert.deepEqual([two.clips.length, two.rejects.length, two.elsewhere], [2, 0, 2]);

    const merged = await mergePrepared(at("all"), [at("part 1"), at("part 2")]);
    assert.deepEqual(merged.clips.map(({ id }) => id), ids);
    assert.deepEqual(merged.clips.filter(({ kept }) => !kept).map(({ id }) => id), [copy], "across parts");
    assert.deepEqual(await readManifest(at("all")), merged.clips);
    assert.deepEqual(await readRejects(at("all")), one.rejects);
    assert.equal((await readFilters(at("all"))).minSharpness, 3);
    assert.equal(merged.size.clips, 3);

    // The parts may go: the merged folder stands alone, and preparing goes on in it without any work.
    await Deno.remove(at("part 2"), { recursive: true });
    assert.equal((await loadClip(at("all"), merged.clips[0])).frames, merged.clips[0].frames);
    const made = (name: string) =>
      Deno.statSync(join(at("all"), `clips/dora/${name}.safetensors`)).mtime!.getTime();
    const times = good.map(made);
    const whole = await prepare(videos, at("all"), { workers: 1 });
    assert.deepEqual([whole.clips, whole.rejects], [merged.clips, merged.rejects]);
    assert.deepEqual(good.map(made), times);

    // In one folder the shard that ends last writes all of it.
    const half = await prepare(videos, at("part 1"), { workers: 1, shard: "2/2" });
    assert.deepEqual([half.clips, half.elsewhere], [merged.clips, 0]);

    // Other options give parts that do not go together.
    await prepare(videos, at("other"), { workers: 1, shard: "1/2", every: 4 });
    await assert.rejects(mergePrepared(at("x"), [at("part 1"), at("other")]), /were not prepared alike/);
    await assert.rejects(mergePrepared(at("x"), []), /nothing to merge/);
    await assert.rejects(mergePrepared(at("x"), [at("nowhere")]), /is not a prepared folder/);
  }));
