import type { Face } from "../../lib/media/landmarks.ts";
import { landmarkBox } from "../../lib/media/landmarks.ts";

/**
 * A face of plain geometry in the order of the 68 landmarks: `size` pixels from brow to chin, the jaw lowered and
 * the lips parted by `open` (a share of the size).
 */
export function plainFace(
  { x = 100, y = 100, size = 80, open = 0, score = 0.8 }: {
    x?: number;
    y?: number;
    size?: number;
    open?: number;
    score?: number;
  } = {},
): Face {
  const points: [number, number][] = [];
  const arc = (from: number, to: number, rx: number, ry: number, cx: number, cy: number, count: number) => {
    for (let i = 0; i < count; i++) {
      const angle = from + ((to - from) * i) / (count - 1);
      points.push([cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)]);
    }
  };
  arc(Math.PI, 0, 0.5, 0.6 + open, 0, -0.1, 17); // jaw, ear to ear
  for (let i = 0; i < 10; i++) points.push([-0.4 + (0.8 * i) / 9, -0.5]); // brows
  for (let i = 0; i < 4; i++) points.push([0, -0.3 + 0.1 * i]); // bridge of the nose
  for (let i = 0; i < 5; i++) points.push([-0.1 + 0.05 * i, 0.08]); // its base
  for (const side of [-0.22, 0.22]) arc(0, (5 / 3) * Math.PI, 0.1, 0.04, side, -0.3, 6); // eyes
  arc(Math.PI, (17 / 6) * Math.PI, 0.2, 0.06, 0, 0.26, 12); // outer lips, from the left corner
  const inner: [number, number][] = [[-0.15, 0], [-0.07, 0], [0, 0], [0.07, 0], [0.15, 0]];
  for (const [dx] of inner) points.push([dx, 0.26]);
  for (const dx of [0.07, 0, -0.07]) points.push([dx, 0.26 + open]);
  const landmarks = Float32Array.from(points.flatMap(([px, py]) => [x + px * size, y + py * size]));
  return { score, box: landmarkBox(landmarks), landmarks };
}
