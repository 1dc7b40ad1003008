import assert from "node:assert/strict";
import type { Clip } from "../../../lib/dataset/dataset.ts";
import { KitError } from "../../../lib/base/errors.ts";
import { FACE_BYTES } from "../../../lib/base/shapes.ts";
import { syncnetJudge, type SyncnetNetwork } from "../../../lib/evaluation/judges/syncnet_judge.ts";
import { makeClip } from "../../dataset/made_clip.ts";
import { inFolder } from "../../media/made_video.ts";

/** A network that keeps the mean of each frame of a window, and of each window's log energies. */
function recorder(): { network: SyncnetNetwork; lips: number[][]; sounds: number[] } {
  const lips: number[][] = [], sounds: number[] = [];
  return {
    lips,
    sounds,
    network: {
      lip(windows) {
        for (const frames of windows) {
          assert.deepEqual(frames.map(({ length }) => length), Array(5).fill(224 * 224 * 3));
          lips.push(frames.map((frame) => frame.reduce((sum, value) => sum + value / frame.length, 0)));
        }
        return windows.map((_, k) => Float32Array.of(k, 0));
      },
      audio(windows) {
        for (const mfcc of windows) {
          assert.equal(mfcc.length, 260);
          sounds.push(mfcc.subarray(0, 20).reduce((a, b) => a + b) / 20);
        }
        return windows.map((_, k) => Float32Array.of(k, 1));
      },
      dispose() {},
    },
  };
}

const cut = (clip: Clip, frames: number): Clip => ({
  ...clip,
  frames,
  audio: clip.audio.subarray(0, frames * 640),
});

Deno.test("SyncNet sees the film's frames from the clip's first one on, and hears the clip's sound beside them", () =>
  inFolder(async (folder) => {
    const { prepared, clip: whole } = await makeClip(folder);
    const clip = cut(whole, 45);
    const { network, lips, sounds } = recorder();
    const judge = syncnetJudge(network, { version: "made", protocol: "LRS", folder: prepared });
    const { distances } = await judge.score({ clip, audio: clip });
    assert.equal(judge.official, true);
    assert.match(judge.protocol, /whole frames/);
    assert.equal(distances.length, 31);
    assert.deepEqual([lips.length, sounds.length], [40, 40]);
    // The video turns white at its second 1, which is the clip's frame 20; the clip's sound begins there too.
    lips.forEach((frames, start) =>
      frames.forEach((light, f) =>
        assert.ok(start + f < 20 ? light < 60 : light > 200, `frame ${start + f}: ${light}`)
      )
    );
    assert.ok(sounds[10] < sounds[30] - 3, `${sounds[10]} and ${sounds[30]}`);
  }));

Deno.test("a redrawn face is set into the whole frame; the tracked protocol shows more of it", () =>
  inFolder(async (folder) => {
    const { prepared, clip: whole } = await makeClip(folder);
    const clip = cut(whole, 45),
      faces = Array.from({ length: 45 }, () => new Uint8Array(FACE_BYTES).fill(255));
    const seen = async (protocol: "LRS" | "real videos", drawn?: Uint8Array[]) => {
      const { network, lips } = recorder();
      await syncnetJudge(network, { version: "made", protocol, folder: prepared }).score({
        ...{ clip, audio: clip },
        faces: drawn,
      });
      return lips[10][0]; // of a dark frame
    };
    const dark = await seen("LRS"),
      face = await seen("LRS", faces),
      tracked = await seen("real videos", faces);
    // A box of 32 x 32 in a frame of 64 x 48, faded at its edges: less than a third turns white.
    assert.ok(face > dark + 50 && face < dark + 85, `${dark} and ${face}`);
    assert.ok(tracked > face, `${tracked} and ${face}`);
  }));

Deno.test("too short videos, crops without a film and films that are gone are told", () =>
  inFolder(async (folder) => {
    const { prepared, clip } = await makeClip(folder);
    const judge = syncnetJudge(recorder().network, { version: "made", protocol: "LRS", folder: prepared });
    const short = cut(clip, 35);
    await assert.rejects(
      async () => await judge.score({ clip: short, audio: short }),
      /35 frames is too short for 31 offsets of SyncNet\. Give videos of 36 frames/,
    );
    const refused = (given: Partial<Clip>, what: RegExp) => {
      const asked = { ...clip, ...given };
      return assert.rejects(
        async () => await judge.score({ clip: asked, audio: asked }),
        (e) => e instanceof KitError && what.test(e.message),
      );
    };
    const gone = `${folder}/none.mp4`;
    await refused(
      { row: { ...clip.row, source: folder } },
      /no whole frames of s1\/a .* folder of face crops/,
    );
    await refused({ row: { ...clip.row, source: gone } }, /none.mp4 is gone/);
    await refused({ frames: 500, audio: new Int16Array(500 * 640) }, /gave fewer frames than were prepared/);
  }));
