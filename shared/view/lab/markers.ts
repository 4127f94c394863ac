/** Shapes of points, which tell methods apart where there are more of them than colours, and in print without colours. */

export const MARKERS = ['circle', 'square', 'triangle', 'diamond', 'down', 'cross'] as const;
export type Marker = (typeof MARKERS)[number];

type Corner = readonly [x: number, y: number];

const CIRCLE_CORNERS = 20;
const ARM = 0.42;

/** About as large to the eye as a circle of radius 1 around the origin; y grows downward. */
const OUTLINES: Readonly<Record<Marker, readonly Corner[]>> = {
  circle: Array.from({ length: CIRCLE_CORNERS }, (_, at): Corner => {
    const turn = (2 * Math.PI * at) / CIRCLE_CORNERS;
    return [Math.cos(turn), Math.sin(turn)];
  }),
  square: [
    [-0.9, -0.9],
    [0.9, -0.9],
    [0.9, 0.9],
    [-0.9, 0.9],
  ],
  triangle: [
    [0, -1.3],
    [1.2, 0.85],
    [-1.2, 0.85],
  ],
  diamond: [
    [0, -1.35],
    [1.1, 0],
    [0, 1.35],
    [-1.1, 0],
  ],
  down: [
    [0, 1.3],
    [-1.2, -0.85],
    [1.2, -0.85],
  ],
  cross: [
    [-ARM, -1.25],
    [ARM, -1.25],
    [ARM, -ARM],
    [1.25, -ARM],
    [1.25, ARM],
    [ARM, ARM],
    [ARM, 1.25],
    [-ARM, 1.25],
    [-ARM, ARM],
    [-1.25, ARM],
    [-1.25, -ARM],
    [-ARM, -ARM],
  ],
};

/** Corners of a point's shape around (x, y). */
export function markerAt(marker: Marker, x: number, y: number, radius: number): readonly Corner[] {
  return OUTLINES[marker].map(([dx, dy]) => [x + dx * radius, y + dy * radius] as const);
}
