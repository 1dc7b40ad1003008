import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { openFace } from "../../lib/data/drawn_face.ts";
import { drawSpeaker } from "../../lib/data/speaker.ts";
import { openSpeech } from "../../lib/data/speech.ts";
import { drawCorpus, lrsText, perform, planCorpus } from "../../lib/data/synthetic.ts";
import { detectFaces, mouthOpening } from "../../lib/media/face.ts";
import { decodeSound, probe } from "../../lib/media/ffmpeg.ts";

Deno.test("a plan gives the same frames and the same sound every time", async () => {
  const [plan] = await planCorpus({ size: "tiny", seed: 5 });
  const make = async () => {
    const speech = openSpeech(), speaker = drawSpeaker(plan.seed, plan.speaker), hash = createHash("sha256");
    const { sound, mouths, poses } = await perform(plan, speaker, speech), paint = openFace(speaker.look);
    await speech.close();
    hash.update(new Uint8Array(sound.buffer));
    mouths.forEach((mouth, frame) => hash.update(paint(poses[frame], mouth)));
    assert.equal(sound.length, 640 * mouths.length);
    return hash.digest("hex");
  };
  assert.equal(await make(), await make());
});

Deno.test("the landmarks' inner-lip gap follows the drawn opening", async () => {
  const plans = await planCorpus({ size: "small", seed: 1 }), speech = openSpeech();
  try {
    for (const plan of [plans[6], plans[36]]) {
      const speaker = drawSpeaker(plan.seed, plan.speaker),
        { mouths, poses } = await perform(plan, speaker, speech);
      const paint = openFace(speaker.look), drawn: number[] = [], seen: number[] = [];
      let frames = 0;
      for (let frame = 0; frame < mouths.length; frame += 3, frames++) {
        const [face] = await detectFaces(paint(poses[frame], mouths[frame]), 224, 224);
        if (!face) continue;
        drawn.push(mouths[frame].open);
        seen.push(mouthOpening(face.landmarks).gap);
      }
      assert(drawn.length >= 0.98 * frames, `${drawn.length} of ${frames} frames have a face`);
      const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
      const [md, ms] = [mean(drawn), mean(seen)];
      const covariance = mean(drawn.map((value, i) => (value - md) * (seen[i] - ms)));
      const spread = Math.sqrt(
        mean(drawn.map((value) => (value - md) ** 2)) * mean(seen.map((value) => (value - ms) ** 2)),
      );
      assert(covariance / spread > 0.7, `correlation ${covariance / spread} of ${plan.id}`);
    }
  } finally {
    await speech.close();
  }
});

Deno.test("the text beside a clip has LRS2's form", () => {
  const text = lrsText("It's warm, Tom.", [{ word: "It's", start: 0.2, end: 0.416 }, {
    word: "warm",
    start: 0.416,
    end: 0.8,
  }]);
  assert.equal(
    text,
    "Text:  IT'S WARM TOM\nConf:  9\n\nWORD START END ASDSCORE\nIT'S 0.20 0.42 9.9\nWARM 0.42 0.80 9.9\n",
  );
});

Deno.test("a corpus is a pure plan: 8 speakers, no sentence twice, three splits", async () => {
  const clips = await planCorpus({ size: "small", seed: 1 });
  assert.deepEqual(clips, await planCorpus({ size: "small", seed: 1 }));
  assert.equal(new Set(clips.map(({ speaker }) => speaker)).size, 8);
  assert.equal(new Set(clips.map(({ text }) => text)).size, clips.length);
  assert(clips.every(({ id }) => /^s\d\d\/\d{5}$/.test(id)));
  for (const split of ["train", "val", "test"]) assert(clips.some((clip) => clip.split === split));
});

Deno.test("the tiny corpus is drawn, kept, mended, and not mixed with another", async () => {
  const folder = join(await Deno.makeTempDir(), 'a corpus\'s "folder"');
  const { clips, drawn } = await drawCorpus(folder, { size: "tiny", seed: 5, workers: 2 });
  assert.equal(drawn, clips.length);
  for (const { id } of clips) {
    const path = join(folder, "main", `${id}.mp4`), { video, audio, duration } = await probe(path);
    assert.deepEqual([video?.width, video?.height, video?.fps, audio?.sampleRate, audio?.channels], [
      224,
      224,
      25,
      16000,
      1,
    ]);
    assert(duration > 1.5 && duration < 5, `${duration} s`);
    const sound = await decodeSound(path),
      loudest = sound.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assert(loudest > 0.05, "there is speech");
    assert.match(
      await Deno.readTextFile(join(folder, "main", `${id}.txt`)),
      /^Text: {2}[A-Z' ]+\nConf: {2}\d\n\nWORD START END ASDSCORE\n/,
    );
  }
  const listed = await Promise.all(
    ["train", "val", "test"].map((name) => Deno.readTextFile(join(folder, `${name}.txt`))),
  );
  assert.equal(listed.join("").trim().split("\n").length, clips.length);

  // As after a kill: a clip whose text is missing is drawn again, the others are kept.
  await Deno.remove(join(folder, "main", `${clips[1].id}.txt`));
  assert.equal((await drawCorpus(folder, { size: "tiny", seed: 5, workers: 1 })).drawn, 1);
  await assert.rejects(
    drawCorpus(folder, { size: "tiny", seed: 6 }),
    /another size, seed or version\. Choose another folder/,
  );
  await Deno.remove(folder, { recursive: true });
});
