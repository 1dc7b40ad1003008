import assert from "node:assert/strict";
import { randomStream } from "../../lib/base/random.ts";
import { findDuplicates } from "../../lib/prepare/duplicates.ts";
import { audioHash, imageHash } from "../../lib/prepare/fingerprint.ts";

const ZEROS = "0".repeat(64);
/** A fingerprint with some of its 256 bits turned, drawn by chance. */
function turned(hash: string, bits: number): string {
  const digits = [...hash].map((digit) => parseInt(digit, 16));
  const places = randomStream("bits", hash).shuffle(Array.from({ length: 256 }, (_, bit) => bit));
  for (const bit of places.slice(0, bits)) digits[bit >> 2] ^= 8 >> (bit & 3);
  return digits.map((digit) => digit.toString(16)).join("");
}
const drawn = (name: string) => {
  const rng = randomStream("hash", name);
  return Array.from({ length: 64 }, () => rng.below(16).toString(16)).join("");
};
const clip = (id: string, { frames = 75, picture: image = ZEROS, sound: audio = drawn(id) } = {}) => ({
  id,
  frames,
  picture_hash: image,
  sound_hash: audio,
});

/** Share of the bits in which two fingerprints differ. */
function hashDistance(a: string, b: string): number {
  const bits = (hash: string) =>
    [...hash].map((digit) => parseInt(digit, 16).toString(2).padStart(4, "0")).join("");
  return [...bits(a)].filter((bit, k) => bit !== bits(b)[k]).length / (4 * a.length);
}

Deno.test("a picture's fingerprint says where it grows brighter to the right", () => {
  const ramp = (slope: number) =>
    Uint8Array.from({ length: 96 * 96 * 3 }, (_, k) => 128 + slope * (Math.floor(k / 3) % 96 - 48));
  assert.equal(imageHash([ramp(1)]), "f".repeat(16));
  assert.equal(imageHash([ramp(-1), ramp(2)]), "0".repeat(16) + "f".repeat(16));
  // A little lighter, with more contrast: the same image.
  assert.equal(imageHash([ramp(1).map((value) => value / 2 + 80)]), "f".repeat(16));
});

Deno.test("a sound's fingerprint does not hear loudness, but hears what is said", () => {
  const speech = (name: string, columns = 240) => {
    const rng = randomStream("speech", name), mel = new Float32Array(columns * 80);
    const bumps = Array.from({ length: 60 }, () => [rng.uniform(0, columns), rng.uniform(0, 80)]);
    for (let k = 0; k < mel.length; k++) {
      const column = Math.floor(k / 80), band = k % 80;
      for (const [x, y] of bumps) mel[k] += Math.exp(-(((column - x) / 6) ** 2) - ((band - y) / 8) ** 2);
    }
    return mel;
  };
  const hash = audioHash(speech("one"));
  assert.equal(hash.length, 64);
  assert.ok(hashDistance(hash, audioHash(speech("one").map((value) => value - 0.5))) < 0.02, "louder");
  assert.ok(hashDistance(hash, audioHash(speech("two"))) > 0.35, "another sentence");
  assert.equal(audioHash(new Float32Array(80 * 3)).length, 64, "a very short sound");
});

Deno.test("the second of two films that are alike is a duplicate of the first", () => {
  const found = findDuplicates([
    clip("a"),
    clip("b"),
    clip("a_low", { frames: 73, sound: turned(drawn("a"), 28), picture: turned(ZEROS, 12) }),
    clip("a_dubbed", { picture: drawn("another face"), sound: drawn("a") }),
    clip("a_again", { sound: turned(drawn("a"), 13) }),
    clip("a_longer", { frames: 90, sound: drawn("a") }),
    clip("same_face_other_words"),
    clip("b_copy", { sound: drawn("b") }),
  ]);
  assert.deepEqual(Object.fromEntries(found), { a_low: "a", a_again: "a", b_copy: "b" });
  assert.equal(findDuplicates([]).size, 0);
  assert.equal(findDuplicates([clip("x", { sound: "" }), clip("y", { sound: "" })]).size, 0);
});

Deno.test("among 145,000 clips each of a hundred copies is found", () => {
  const rng = randomStream("many");
  const digits = () =>
    Array.from({ length: 8 }, () => rng.below(2 ** 32).toString(16).padStart(8, "0")).join("");
  const clips = Array.from(
    { length: 145_000 },
    (_, k) => clip(`${k}`, { frames: 25 + rng.below(125), sound: digits() }),
  );
  const copies = clips.filter((_, k) => k % 1450 === 0).map((original) => ({
    ...original,
    id: `${original.id} copy`,
    sound_hash: turned(original.sound_hash, 20),
  }));
  const found = findDuplicates([...clips, ...copies]);
  assert.equal(found.size, 100);
  for (const { id } of copies) assert.equal(found.get(id), id.replace(" copy", ""));
});
