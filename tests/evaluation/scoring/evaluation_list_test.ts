import assert from "node:assert/strict";
import { join } from "node:path";
import { KitError } from "../../../lib/base/errors.ts";
import { crossPairs, parseList, readList } from "../../../lib/evaluation/scoring/pairs.ts";
import { inFolder } from "../../media/made_video.ts";

const parse = (text: string) => parseList(text, { path: "list.txt" });

Deno.test("a line is the sound's clip, then the video's, with or without an ending", () => {
  assert.deepEqual(parse("s1/00001 s2/00003\r\n\n  s4/a.mp4\ts5/b.mp4  \n"), [
    { sound: "s1/00001", video: "s2/00003" },
    { sound: "s4/a", video: "s5/b" },
  ]);
});

Deno.test("a line of one or three names, a repeated pair and an empty list are refused by line", () => {
  assert.throws(() => parse("a/1 b/2\nc/3"), /^KitError: Line 2 of list.txt has 1 names: c\/3/);
  assert.throws(() => parse("a/1 b/2 c/3"), /Line 1 of list.txt has 3 names/);
  assert.throws(() => parse("a/1 b/2\nb/2 a/1\na/1 b/2.mp4"), /Line 3 of list.txt repeats line 1: a\/1 b\/2/);
  assert.throws(() => parse("\n \n"), /lists no pair/);
});

Deno.test("a list that names absent clips is refused, with some of them and their number", () =>
  inFolder(async (folder) => {
    const path = join(folder, "list.txt"), ids = ["s1/a", "s1/b"];
    await Deno.writeTextFile(path, "s1/a s1/b\n");
    assert.deepEqual(await readList(path, { folder, ids }), [{ sound: "s1/a", video: "s1/b" }]);
    await Deno.writeTextFile(path, "s1/a s9/z\ns9/y s1/b\ns9/x s9/w\n");
    await assert.rejects(
      readList(path, { folder, ids }),
      (e) =>
        e instanceof KitError && /names 4 of 6 clips that .* s9\/z, s9\/y, s9\/x, \.\.\./.test(e.message),
    );
    await assert.rejects(readList(join(folder, "none"), { folder, ids }), /The list .*none cannot be read/);
  }));

Deno.test("cross pairs: every clip once as video and once as sound, with another speaker's sound", () => {
  const clips = ["a", "a", "a", "b", "b", "c", "d"].map((speaker, k) => ({ id: `${speaker}/${k}`, speaker }));
  for (const seed of [1, 2, 3]) {
    const pairs = crossPairs(clips, { seed });
    for (const side of ["video", "sound"] as const) {
      assert.deepEqual(pairs.map((pair) => pair[side]).sort(), clips.map(({ id }) => id).sort());
    }
    for (const { video, sound } of pairs) assert.notEqual(video[0], sound[0]);
    assert.deepEqual(crossPairs(clips.toReversed(), { seed }), pairs, "the clips' order does not matter");
  }
  assert.notDeepEqual(crossPairs(clips, { seed: 1 }), crossPairs(clips, { seed: 2 }));
});

Deno.test("where one speaker has most of the clips, the sound is at least another clip's", () => {
  const clips = ["a", "a", "a", "b"].map((speaker, k) => ({ id: `${speaker}/${k}`, speaker }));
  for (const { video, sound } of crossPairs(clips)) assert.notEqual(video, sound);
  assert.throws(() => crossPairs(clips.slice(0, 1)), /1 clip cannot be dubbed/);
});
