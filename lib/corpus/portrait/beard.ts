/** Beard and moustache, drawn once for a look: skin that shows less and less, and fine hairs over it. */
import { randomStream } from "../../base/random.ts";
import { drawOn, strands } from "./brush.ts";
import { eachTexel, ease, type Layer } from "./layer.ts";
import type { Appearance } from "./appearance.ts";
import { type Colour, mix } from "./colour.ts";
import { headHalfWidth } from "./relief.ts";

/** Growth from which single hairs are seen. */
const HAIRS_FROM = 0.3;
/** Height of the ears' middle, where the beard begins at the sides (y, face pixels). */
const SIDEBURNS = 10;
/** Bare skin around the lips, face pixels. */
const RIM = 2.2;

/** How much beard grows at a place of the resting face, 0 to 1. */
function growsAt(appearance: Appearance, x: number, y: number): number {
  const { mouth, nose, head, beard } = appearance, side = Math.abs(x), corner = mouth.halfWidth;
  // The lips and their rim stay bare, so that their outline is seen however they move.
  const above = (mouth.y - y) / (mouth.upper + RIM), below = (y - mouth.y) / (mouth.lower + RIM);
  const out = Math.hypot(side / (corner + RIM + 0.5), Math.max(above, below));
  const lips = ease(0.72, 1.04, out);
  const ear = head.halfWidth - 2, rise = mouth.y - 5 - SIDEBURNS;
  // The cheek's edge sinks from the sideburns to the corners of the mouth.
  const t = Math.max(0, Math.min(1, (side - corner) / (ear - corner)));
  const cheekLine = SIDEBURNS + 2 + rise * (1 - t) ** 0.85, soft = 7 - 3 * beard.growth;
  const underLip = ease(mouth.y + mouth.lower * 0.2, mouth.y + mouth.lower + 3, y);
  const jaw = side > corner ? ease(cheekLine - soft, cheekLine + soft, y) : underLip;
  // Beside the tuft in the middle, the skin below the lip is nearly bare.
  const hollow = 1 - 0.75 * ease(3, 6, side) * ease(corner * 0.75, corner * 0.5, side) *
      ease(mouth.y + mouth.lower + 7, mouth.y + mouth.lower + 3, y);
  const chinOnly = ease(corner + 7, corner + 1, side) * (1 - beard.cheeks) + beard.cheeks;
  const lipTop = mouth.y - mouth.upper, arch = nose.base + 3.2 + 5.5 * (side / corner) ** 2;
  const moustache = beard.moustache
    ? ease(arch - 2, arch + 3.5, y) * ease(corner + 5, corner + 1.5, side) *
      ease(mouth.y + 5, mouth.y, y) * (0.75 + 0.25 * ease(lipTop - 7, lipTop - 2, y)) *
      (0.6 + 0.4 * ease(0.8, 2.6, side))
    : 0;
  // It passes the corners of the mouth on the way to the chin.
  const bridge = ease(mouth.y - 5, mouth.y, y) * ease(corner + 1, corner + 3, side) *
    ease(corner + 8, corner + 5, side);
  const all = Math.max(jaw * hollow * chinOnly, moustache, beard.moustache ? bridge * beard.growth : 0);
  return lips * all * ease(headHalfWidth(appearance, y) + 1, headHalfWidth(appearance, y) - 3, side);
}

/** Darkens the skin where the beard grows, keeping the light that falls on it. */
function tint(layer: Layer, appearance: Appearance): void {
  const { beard: { growth, colour }, skin: { base }, head } = appearance, { data } = layer;
  const rng = randomStream("beard", appearance.background.seed);
  const most = 0.5 * ease(0, HAIRS_FROM, growth) + 0.4 * growth;
  // A shaved beard shines through blueish.
  const shown = mix(mix(base, [74, 74, 84], 0.5), colour, ease(0.1, 0.5, growth));
  eachTexel(layer, (x, y, texel) => {
    const i = 4 * texel, grain = 1 + 0.22 * (rng.uniform() - 0.5);
    if (data[i + 3] === 0) return;
    const share = most * growsAt(appearance, x, y);
    if (share < 0.01) return;
    for (let c = 0; c < 3; c++) data[i + c] *= 1 - share + share * grain * shown[c] / Math.max(20, base[c]);
  }, { top: SIDEBURNS, bottom: head.chin + 2 });
}

/** Draws beard and moustache onto the skin; they move with the jaw. */
export function drawBeard(head: Layer, appearance: Appearance): void {
  const { beard: { growth, colour }, mouth, head: { chin, halfWidth }, light, background: { seed } } =
    appearance;
  if (growth <= 0) return;
  tint(head, appearance);
  if (growth < HAIRS_FROM) return;
  const place = randomStream("hairs", seed);
  drawOn(head, (pen) => {
    pen.globalAlpha = 0.35 + 0.5 * growth;
    for (const [d, shade] of [[-1, 1 - 0.3 * light.x], [1, 1 + 0.3 * light.x]]) {
      const lit = mix(colour, d * light.x > 0 ? [150, 130, 112] : colour, 0.12);
      strands(pen, {
        count: 1500,
        colour: lit.map((c) => c * shade) as Colour,
        width: 0.42,
        contrast: 0.55,
        seed: seed + 11 + d,
        path: (_, rng) => {
          let x = 0, y = 0;
          do {
            x = d * place.uniform(0, halfWidth);
            y = place.uniform(SIDEBURNS, chin - 0.5);
          } while (growsAt(appearance, x, y) < place.uniform(0.25, 1));
          const l = rng.uniform(0.8, 1.2 + 1.8 * growth), lip = y < mouth.y + 2;
          const away = lip ? 0.75 * Math.sign(x) : 0.5 * x / halfWidth;
          return [[x, y], [x + l * (away + rng.uniform(-0.35, 0.35)), y + l * (lip ? 0.55 : 0.9)]];
        },
      });
    }
  });
}
