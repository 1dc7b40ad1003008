import { type Random, randomStream } from "../../base/random.ts";
import { along, type Colour, colours, fabric, lighten, mix } from "./colour.ts";

const SKINS = colours("f4d0ba e8bca0 d6a482 bc8864 966648 704a34 523628");
const HAIRS = colours("1a1616 30211a 523624 7a5232 a87e4e ceac76");
const IRISES = colours("3a2416 5c3c20 746034 5c7052 58768a 688cac");
const SHORT_HAIR = ["cropped", "parted", "curly", "swept"] as const;
const LONG_HAIR = ["bob", "tied", "curly", "long", "wavy", "parted"] as const;
const CLOTHES = ["crew", "shirt", "jacket", "hood", "roll", "vee"] as const;
const BACKGROUNDS = ["wall", "shelves", "window", "lights", "garden", "curtain"] as const;

export type HairStyle = (typeof SHORT_HAIR | typeof LONG_HAIR)[number] | "receding";

type Numbers<Names extends string> = Record<Names, number>;

/**
 * What a drawn person looks like. Lengths are in face pixels, which are pixels of a 224x224 frame at scale 1;
 * the origin lies between the eyes, x to the right of the image, y down.
 */
export interface Appearance {
  /** 0 masculine to 1 feminine: drives the defaults of many others, and the voice. */
  feminine: number;
  /** 0 young to 1 old. */
  age: number;
  skin: Numbers<"blush" | "freckles" | "shine"> & { base: Colour };
  /** Half width at the cheekbones; y of crown and chin; exponents of the jaw's outline. */
  head: Numbers<"halfWidth" | "crown" | "chin" | "jawPower" | "jawRound" | "ears">;
  relief: Numbers<"cheekbones" | "browRidge" | "chinBall" | "sockets">;
  nose: Numbers<"base" | "halfWidth" | "height" | "tip">;
  mouth: Numbers<"y" | "halfWidth" | "upper" | "lower" | "bow" | "tilt"> & { colour: Colour };
  teeth: Colour;
  eyes: Numbers<"x" | "halfWidth" | "upper" | "lower" | "tilt" | "lashes"> & { iris: Colour };
  brows: Numbers<"y" | "thickness" | "arch" | "tilt">;
  hair: Numbers<"hairline" | "volume" | "fringe" | "part"> & { style: HairStyle; colour: Colour };
  /** Growth: 0 none, up to 0.4 stubble, up to 1 a full beard. On chin alone or, with `cheeks` 1, from ear to ear. */
  beard: { growth: number; cheeks: number; moustache: boolean; colour: Colour };
  glasses: Numbers<"round" | "weight"> & { rim: Colour } | null;
  earrings: boolean;
  /** Direction to the main light (x right, y down, z to the viewer; length 1), its share, its warmth. */
  light: Numbers<"x" | "y" | "z" | "key" | "warmth">;
  clothes: { style: (typeof CLOTHES)[number]; colour: Colour; second: Colour; pattern: number };
  background: { kind: (typeof BACKGROUNDS)[number]; hue: number; lightness: number; seed: number };
  /** Place of the head in the frame and its size. */
  framing: Numbers<"x" | "y" | "scale">;
}

/**
 * Numbers in [0, 1) that fill the range evenly as the index counts up, one sequence for each name: the first
 * eight people already differ, and a fortieth does not repeat them.
 */
function spread(seed: number, index: number, name: string, step: number): number {
  return (randomStream(seed, "spread", name).uniform() + index * step) % 1;
}

function hairOf(
  rng: Random,
  { feminine, age, dark }: { feminine: number; age: number; dark: number },
  pick: number,
): Appearance["hair"] {
  const styles = feminine + rng.uniform(-0.15, 0.15) < 0.5 ? SHORT_HAIR : LONG_HAIR;
  const bald = styles === SHORT_HAIR && rng.uniform() < 0.04 + 0.3 * age;
  const style = bald ? "receding" : styles[Math.floor(pick * styles.length)];
  const shade = Math.max(0, rng.uniform(-0.1, 1.05) * (1 - dark) - 0.1 * dark);
  let colour = along(HAIRS, shade);
  colour = mix(colour, [134, 58, 30], rng.uniform() < 0.2 ? 0.6 * (1 - dark) : 0.1 * (1 - dark));
  colour = mix(colour, [168, 166, 164], Math.max(0, age - 0.55) * 2 * rng.uniform(0.3, 1));
  return {
    style,
    colour,
    hairline: -47 + rng.uniform(-4, 4) - (bald ? 7 : 0),
    volume: rng.uniform(5, 10) + 3 * feminine,
    fringe: feminine > 0.5 && style !== "swept" && rng.uniform() < 0.3 ? rng.uniform(0.6, 1) : 0,
    part: rng.uniform(-0.6, 0.6),
  };
}

/** The colour of a frame for glasses that shows on this skin: dark, brown and blue, or on dark skin silver and gold. */
function rimFor(skin: Colour, place: number): Colour {
  const dark = (skin[0] + skin[1] + skin[2]) / 3 < 105;
  return along(dark ? [[188, 190, 196], [214, 182, 112]] : [[24, 22, 24], [84, 52, 30], [60, 70, 96]], place);
}

/** Three of five men have a beard, one of four of these on chin and lip only; the others are shaved, not all today. */
function beardOf(
  { uniform }: Random,
  { masculine, hair }: { masculine: number; hair: Colour },
): Appearance["beard"] {
  const bearded = masculine > 0.5 && uniform() < 0.6, growth = uniform(0.3, 1), shadow = uniform(0, 0.18);
  const cheeks = uniform() < 0.25 ? 0 : 1, moustache = uniform() < 0.85 || cheeks === 0;
  // Beards are mostly a little redder and darker than the hair above.
  const colour = lighten(mix(hair, [96, 58, 40], 0.25), 0.78);
  if (bearded) return { growth: cheeks === 0 ? Math.max(0.6, growth) : growth, cheeks, moustache, colour };
  return { growth: masculine > 0.6 ? shadow : 0, cheeks: 1, moustache: true, colour };
}

/** What the person `index` of a corpus `seed` looks like: a pure function, every trait varying continuously. */
export function sampleAppearance(seed: number, index: number): Appearance {
  const rng = randomStream(seed, "look", index), { uniform } = rng;
  const feminine = spread(seed, index, "feminine", 0.5 + 0.0557);
  const age = spread(seed, index, "age", 0.7549), tone = spread(seed, index, "skin", 0.6180);
  const dark = tone ** 1.25, masculine = 1 - feminine;
  const base = mix(along(SKINS, dark), uniform() < 0.5 ? [222, 150, 128] : [206, 164, 110], uniform(0, 0.14));
  const halfWidth = uniform(47, 52) + 1.5 * masculine, chin = uniform(70, 75) + 4.5 * masculine;
  const mouthY = chin * uniform(0.605, 0.63), noseBase = mouthY - uniform(15, 17.5);
  const azimuth = (spread(seed, index, "light", 0.5698) * 2 - 1) * 0.75, elevation = uniform(0.25, 0.75);
  const clothesHue = spread(seed, index, "clothes", 0.3247) * 360, wallHue = uniform(0, 360);
  const hair = hairOf(rng, { feminine, age, dark }, spread(seed, index, "hair", 0.809));
  const beard = beardOf(randomStream(seed, "beard", index), { masculine, hair: hair.colour });
  const lip = mix(mix(base, [176, 72, 74], 0.44 - 0.1 * dark), [88, 36, 42], 0.1 + 0.18 * dark);
  const lipstick = feminine > 0.55 && uniform() < 0.5 ? uniform(0.25, 0.6) : 0;
  return {
    feminine,
    age,
    skin: {
      base,
      blush: uniform(0.4, 1) * (1 - 0.5 * dark),
      freckles: uniform() < 0.25 ? uniform(0.3, 1) * (1 - dark) : 0,
      shine: uniform(0.5, 1) + 0.5 * dark,
    },
    head: {
      halfWidth,
      crown: -uniform(74, 79),
      chin,
      jawPower: uniform(1.95, 2.3) + 0.55 * masculine,
      jawRound: uniform(0.6, 0.74) - 0.08 * masculine,
      ears: uniform(0.85, 1.15),
    },
    relief: {
      cheekbones: uniform(2, 4.5),
      browRidge: uniform(0.5, 2) + 1.8 * masculine,
      chinBall: uniform(2.5, 4.5) + masculine,
      sockets: uniform(3.5, 5.5),
    },
    nose: {
      base: noseBase,
      halfWidth: uniform(8.2, 10.2) + 1.2 * masculine + 1.6 * dark,
      height: uniform(11.5, 14.5) + 1.5 * masculine,
      tip: uniform(4.6, 6.2),
    },
    mouth: {
      y: mouthY,
      halfWidth: uniform(18.5, 22),
      upper: uniform(3.3, 4.8) + 1.1 * dark + 0.7 * feminine,
      lower: uniform(4.8, 6.4) + 1.3 * dark + 0.8 * feminine,
      bow: uniform(0.12, 0.3),
      tilt: uniform(0.9, 2.4),
      // Against a dark beard lips look redder and brighter than on bare skin.
      colour: beard.growth > 0.3
        ? mix(lip, [206, 112, 104], 0.22)
        : mix(lip, along([[186, 44, 62], [150, 34, 60], [196, 84, 76]], uniform()), lipstick),
    },
    teeth: mix([240, 236, 226], [222, 208, 180], uniform(0, 0.6) + 0.4 * age),
    eyes: {
      x: halfWidth * uniform(0.425, 0.46),
      halfWidth: uniform(9.2, 10.8) + 0.4 * feminine,
      upper: uniform(4, 5.2) + 0.5 * feminine - 0.6 * age,
      lower: uniform(2.5, 3.3),
      tilt: uniform(-0.06, 0.12),
      iris: along(IRISES, uniform(0, 1.1) * (1 - dark) ** 1.5),
      lashes: 0.35 + 0.65 * feminine * uniform(0.6, 1),
    },
    brows: {
      y: -uniform(14, 17) - 1.5 * feminine,
      thickness: uniform(3, 4.4) + 1.6 * masculine,
      arch: uniform(1, 2.6) + 1.6 * feminine,
      tilt: uniform(-1.5, 1.5),
    },
    hair,
    beard,
    glasses: uniform() < 0.3
      ? { rim: rimFor(base, uniform()), round: uniform(), weight: uniform(1.3, 2.2) }
      : null,
    earrings: feminine > 0.6 && uniform() < 0.5,
    light: {
      x: Math.sin(azimuth) * Math.cos(elevation),
      y: -Math.sin(elevation),
      z: Math.cos(azimuth) * Math.cos(elevation),
      key: uniform(0.5, 0.72),
      warmth: uniform(-1, 1),
    },
    clothes: {
      style: CLOTHES[Math.floor(spread(seed, index, "style", 0.7071) * CLOTHES.length)],
      colour: fabric(clothesHue, uniform(0.05, 0.34), uniform(0.16, 0.6)),
      second: fabric(clothesHue + uniform(90, 270), uniform(0.05, 0.4), uniform(0.55, 0.9)),
      pattern: uniform(),
    },
    background: {
      kind: BACKGROUNDS[Math.floor(spread(seed, index, "room", 0.8191) * BACKGROUNDS.length)],
      hue: wallHue,
      lightness: uniform(0.25, 0.7),
      seed: index,
    },
    framing: { x: 112 + uniform(-7, 7), y: 106 + uniform(-4, 4), scale: uniform(0.97, 1.12) },
  };
}
