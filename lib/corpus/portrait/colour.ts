/** Red, green, blue, each 0 to 255. */
export type Colour = [number, number, number];

/** Colours out of a list such as "f4d0ba e8bca0": red, green and blue in hexadecimal. */
export const colours = (list: string): Colour[] =>
  list.split(" ").map((text) => [0, 2, 4].map((i) => parseInt(text.slice(i, i + 2), 16)) as Colour);

/** Blends two colours; `share` 0 gives the first. */
export function mix(a: Colour, b: Colour, share: number): Colour {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

/** A colour between many: `place` 0 is the first of the list, 1 the last. */
export function along(colours: Colour[], place: number): Colour {
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

/** A colour of a hue (degrees) with low saturation, as fabrics and walls have. */
export function fabric(hue: number, saturation: number, lightness: number): Colour {
  const a = saturation * Math.min(lightness, 1 - lightness);
  const channel = (n: number) => {
    const k = (n + hue / 30) % 12;
    return 255 * (lightness - a * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [channel(0), channel(8), channel(4)];
}
