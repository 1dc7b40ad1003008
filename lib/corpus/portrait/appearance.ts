import { type Random, randomStream } from "../../base/random.ts";

/** Red, green, blue, each 0 to 255. */
export type Colour = [number, number, number];

export type HairStyle =
  | "cropped"
  | "parted"
  | "swept"
  | "bob"
  | "wavy"
  | "long"
  | "curly"
  | "tied"
  | "receding";
export type Clothes = "crew" | "shirt" | "jacket" | "hood" | "roll" | "vee";
export type Background = "wall" | "shelves" | "window" | "lights" | "garden" | "curtain";

/**
 * What a drawn person looks like. Lengths are in face pixels, which are pixels of a 224x224 frame at scale 1;
 * the origin lies between the eyes, x to the right of the image, y down.
 */
export interface Appearance {
  /** 0 masculine to 1 feminine: drives the defaults of many others, and the voice. */
  feminine: number;
  /** 0 young to 1 old. */
  age: number;
  skin: { base: Colour; blush: number; freckles: number; shine: number };
  /** Half width at the cheekbones; y of crown and chin; exponents of the jaw's outline. */
  head: { halfWidth: number; crown: number; chin: number; jawPower: number; jawRound: number; ears: number };
  relief: { cheekbones: number; browRidge: number; chinBall: number; sockets: number };
  nose: { base: number; halfWidth: number; height: number; tip: number };
  mouth: {
    y: number;
    halfWidth: number;
    upper: number;
    lower: number;
    bow: number;
    tilt: number;
    colour: Colour;
  };
  teeth: Colour;
  eyes: {
    x: number;
    halfWidth: number;
    upper: number;
    lower: number;
    tilt: number;
    iris: Colour;
    lashes: number;
  };
  brows: { y: number; thickness: number; arch: number; tilt: number };
  hair: { style: HairStyle; colour: Colour; hairline: number; volume: number; fringe: number; part: number };
  /** Growth: 0 none, up to 0.4 stubble, up to 1 a full beard. On chin alone or, with `cheeks` 1, from ear to ear. */
  beard: { growth: number; cheeks: number; moustache: boolean; colour: Colour };
  glasses: { rim: Colour; round: number; weight: number } | null;
  earrings: boolean;
  /** Direction to the main light (x right, y down, z to the viewer; length 1), its share, its warmth. */
  light: { x: number; y: number; z: number; key: number; warmth: number };
  clothes: { style: Clothes; colour: Colour; second: Colour; pattern: number };
  background: { kind: Background; hue: number; lightness: number; seed: number };
  /** Place of the head in the frame and its size. */
  framing: { x: number; y: number; scale: number };
}

/** Blends two colours; `share` 0 gives the first. */
export function mix(a: Colour, b: Colour, share: number): Colour {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

/** A colour between many: `place` 0 is the first of the list, 1 the last. */
function along(colours: Colour[], place: number): Colour {
  const x = Math.min(0.9999, Math.max(0, place)) * (colours.length - 1), i = Math.floor(x);
  return mix(colours[i], colours[i + 1], x - i);
}

/** Multiplies a colour's brightness. */
export function lighten([r, g, b]: Colour, factor: number): Colour {
  return [Math.min(255, r * factor), Math.min(255, g * factor), Math.min(255, b * factor)];
}

/** The colour in CSS, for canvases. */
export function css([r, g, b]: Colour, alpha = 1): string {
  return `rgba(${Math.round(r)},${Math.round(g)},${Math.round(b)},${alpha})`;
}

const SKINS: Colour[] = [
  [244, 208, 186],
  [232, 188, 160],
  [214, 164, 130],
  [188, 136, 100],
  [150, 102, 72],
  [112, 74, 52],
  [82, 54, 40],
];
const HAIRS: Colour[] = [[26, 22, 22], [48, 33, 26], [82, 54, 36], [122, 82, 50], [168, 126, 78], [
  206,
  172,
  118,
]];
const IRISES: Colour[] = [[58, 36, 22], [92, 60, 32], [116, 96, 52], [92, 112, 82], [88, 118, 138], [
  104,
  140,
  172,
]];
const SHORT_HAIR: HairStyle[] = ["cropped", "parted", "curly", "swept"];
const LONG_HAIR: HairStyle[] = ["bob", "tied", "curly", "long", "wavy", "parted"];
const CLOTHES: Clothes[] = ["crew", "shirt", "jacket", "hood", "roll", "vee"];
const BACKGROUNDS: Background[] = ["wall", "shelves", "window", "lights", "garden", "curtain"];

/** A colour of a hue (degrees) with low saturation, as fabrics and walls have. */
export function fabric(hue: number, saturation: number, lightness: number): Colour {
  const a = saturation * Math.min(lightness, 1 - lightness);
  const channel = (n: number) => {
    const k = (n + hue / 30) % 12;
    return 255 * (lightness - a * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [channel(0), channel(8), channel(4)];
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
) {
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

/** The look of the person `index` of a corpus `seed`: a pure function, every trait varying continuously. */
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
