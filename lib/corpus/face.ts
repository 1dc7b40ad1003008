/** A talking face: what the eye sees of an appearance, a pose and a mouth, as frames. */
import type { MouthShape } from "./mouth.ts";
import { drawBeard } from "./portrait/beard.ts";
import { drawBody } from "./portrait/body.ts";
import { type EyeShape, paintEyes } from "./portrait/eyes.ts";
import { drawBrows, drawCover, drawEarrings, drawFreckles } from "./portrait/features.ts";
import { drawHair } from "./portrait/hair.ts";
import { drawLayer, type Layer, type Placement } from "./portrait/layer.ts";
import { openLips } from "./portrait/lips.ts";
import { drawBackHair, drawLocks } from "./portrait/locks.ts";
import type { Appearance } from "./portrait/appearance.ts";
import { openProtrusion } from "./portrait/protrusion.ts";
import { headDepth, paintSkin } from "./portrait/relief.ts";
import { drawBackground } from "./portrait/room.ts";

/** Side of a drawn frame, pixels. */
export const FRAME_SIZE = 224;

/** How the head is held, relative to the appearance's framing; apart from the eyes' part it says nothing of the mouth. */
export interface Pose extends EyeShape {
  /** Frame pixels. */
  x: number;
  y: number;
  /** 1 as framed. */
  scale: number;
  /** Radians: leaning to a shoulder, turning, nodding. */
  roll: number;
  turn: number;
  nod: number;
}

/** A pose that looks straight ahead. */
export const STILL: Pose = {
  ...{ x: 0, y: 0, scale: 1, roll: 0, turn: 0, nod: 0 },
  ...{ blink: 0, gazeX: 0, gazeY: 0, brow: 0 },
};

/**
 * Prepares a face (about 0.3 s) and returns a painter of its frames: RGB [224, 224, 3], 0 to 255.
 * The same appearance, pose and mouth give the same bytes. The mouth changes nothing above the base of the nose.
 */
export function openFace(appearance: Appearance): (pose: Pose, mouth: MouthShape) => Uint8Array {
  const bare = paintSkin(appearance);
  const depthWith = openProtrusion(appearance, bare, headDepth(appearance, bare));
  drawFreckles(bare, appearance);
  drawBeard(bare, appearance);
  drawEarrings(bare, appearance);
  drawHair(bare, appearance);
  const brows = drawBrows(appearance), cover = drawCover(appearance), paintLips = openLips(appearance, bare);
  const background = drawBackground(appearance, FRAME_SIZE), body = drawBody(appearance);
  const locks = drawLocks(appearance), back = drawBackHair(appearance);
  const locksDepth = locks ? headDepth(appearance, locks) : undefined;
  const head: Layer = { ...bare, data: bare.data.slice() }; // with this frame's expression

  return (pose, mouth) => {
    const { framing } = appearance, { roll } = pose, scale = framing.scale * pose.scale;
    const turn = Math.sin(pose.turn), nod = Math.sin(pose.nod), straight = { turn: 0, nod: 0 };
    const placement: Placement = { x: framing.x + pose.x, y: framing.y + pose.y, scale, roll, turn, nod };
    const shoulders = { x: framing.x + 0.55 * pose.x + 22 * roll, y: framing.y + 0.5 * pose.y, scale };
    const frame = new Uint8ClampedArray(background), size = FRAME_SIZE;
    if (back) drawLayer(frame, back, { size, placement: { ...placement, ...straight, roll: 0.6 * roll } });
    drawLayer(frame, body, { size, placement: { ...shoulders, ...straight, roll: 0.15 * roll } });
    paintEyes(head, appearance, { bare, brows, cover, shape: pose });
    paintLips(head, mouth);
    drawLayer(frame, head, { size, placement, depth: depthWith(mouth) });
    if (locks) drawLayer(frame, locks, { size, placement, depth: locksDepth });
    return new Uint8Array(frame.buffer);
  };
}
