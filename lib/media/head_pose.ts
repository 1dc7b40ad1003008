/** How a head is held, in degrees, turned first, then nodded, then leaned; all 0 when it looks into the camera. */
export interface HeadPose {
  /** Above 0 the face is turned to the right side of the image. */
  yaw: number;
  /** Above 0 it looks up. */
  pitch: number;
  /** Above 0 the head leans clockwise, as one looks at the image. */
  roll: number;
}

/**
 * Landmarks that neither speech nor brows move, with their places on a common face: index, x to the right of the
 * image, y up, z towards the camera; the outer corners of the eyes are 10.62 apart. Across and up they are means of
 * this landmark network over people who look into the camera; depths are common proportions of adult heads.
 */
const COMMON_FACE = [
  [36, -5.31, 0, 0],
  [39, -2.36, -0.15, 0.45],
  [42, 2.36, -0.15, 0.45],
  [45, 5.31, 0, 0],
  [27, 0, -0.15, 2],
  [28, 0, -1.75, 3],
  [29, 0, -3.2, 4],
  [30, 0, -4.6, 4.9],
  [31, -1.46, -5.7, 2.5],
  [33, 0, -6, 3],
  [35, 1.46, -5.7, 2.5],
];

const DEGREES = 180 / Math.PI;
type Triple = [number, number, number];

const dot = (a: Triple, b: Triple) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Triple, b: Triple): Triple => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const unit = (a: Triple): Triple => {
  const length = Math.sqrt(dot(a, a));
  return [a[0] / length, a[1] / length, a[2] / length];
};

/** The least-squares solution of points x = b for each point: 3 unknowns, by the normal equations and Cramer's rule. */
function solver(points: Triple[]): (b: number[]) => Triple {
  const column = (axis: number): number[] => points.map((point) => point[axis]);
  const product = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const axes = [column(0), column(1), column(2)];
  const normal = axes.map((a) => axes.map((b) => product(a, b)) as Triple);
  const [p, q, r] = [
    cross(normal[1], normal[2]),
    cross(normal[2], normal[0]),
    cross(normal[0], normal[1]),
  ];
  const determinant = dot(normal[0], p);
  return (b) => {
    const right = axes.map((axis) => product(axis, b));
    return [0, 1, 2].map((i) =>
      (p[i] * right[0] + q[i] * right[1] + r[i] * right[2]) / determinant
    ) as Triple;
  };
}

const CENTRE = [1, 2, 3].map((k) => COMMON_FACE.reduce((sum, row) => sum + row[k], 0) / COMMON_FACE.length);
const solve = solver(COMMON_FACE.map(([, x, y, z]) => [x - CENTRE[0], y - CENTRE[1], z - CENTRE[2]]));

/**
 * Yaw, pitch and roll of a face from its 68 landmarks [136]: the rotation of a common face whose image without
 * perspective (scaled orthography) lies nearest to the eyes' corners and the nose, by least squares made orthogonal.
 *
 * One head shape stands for all and the camera's nearness is left out: expect errors of about ten degrees between
 * people, far less between two looks at one person. Source: DeMenthon and Davis, "Model-based object pose in 25 lines
 * of code" (1995), its first step (POS).
 */
export function headPose(landmarks: Float32Array): HeadPose {
  // Image rows count downwards. The centre needs no taking out: the common face is centred.
  const across = solve(COMMON_FACE.map(([i]) => landmarks[2 * i]));
  const up = solve(COMMON_FACE.map(([i]) => -landmarks[2 * i + 1]));
  const x = unit(across), y = unit(up), skew = dot(x, y) / 2;
  const right = unit([x[0] - skew * y[0], x[1] - skew * y[1], x[2] - skew * y[2]]);
  const top = unit([y[0] - skew * x[0], y[1] - skew * x[1], y[2] - skew * x[2]]);
  const near = cross(right, top);
  // The rows of roll x pitch x yaw: the last one knows nothing of the roll, the middle column nothing of the yaw.
  return {
    yaw: DEGREES * Math.atan2(-near[0], near[2]),
    pitch: DEGREES * Math.asin(Math.max(-1, Math.min(1, -near[1]))),
    roll: DEGREES * Math.atan2(right[1], top[1]),
  };
}
