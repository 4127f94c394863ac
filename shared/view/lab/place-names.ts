/** Names beside points of a plot: none over another name, over a point or out of the plot. Pure. */

export interface NamedPoint {
  readonly px: number;
  readonly py: number;
  /** Of its name; 0 for a point without one, which names keep off. */
  readonly width: number;
}

export interface NameRoom {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** Of a line of text. */
  readonly height: number;
  /** Of a point. */
  readonly radius: number;
  /** A name may stand farther off, with a line to its point. */
  readonly far: boolean;
  /** Lines that names keep off where they can: corners, one after the other. */
  readonly lines: readonly (readonly Corner[])[];
  /** Lines that names beside their points never cross; with `far`, they keep off them where they can. */
  readonly drawn?: readonly (readonly Corner[])[];
}

type Corner = readonly [x: number, y: number];
type Segment = readonly [from: Corner, to: Corner];

export interface PlacedName {
  /** Of the points. */
  readonly index: number;
  /** Left end, and the middle of the letters. */
  readonly x: number;
  readonly y: number;
  /** From the point to the name, where it is too far off to be told without; null where it stands beside it. */
  readonly leader: readonly [x1: number, y1: number, x2: number, y2: number] | null;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Where there is tried beside a point, to the right first, and then farther off: y grows downward. */
const BESIDE = [
  [1, 0],
  [-1, 0],
  [0, -1],
  [0, 1],
  [1, -1],
  [1, 1],
  [-1, -1],
  [-1, 1],
] as const;
const FARTHER = [1, 2, 3, 4, 5, 6, 8, 10].flatMap((lines) =>
  [1.5, 3, 5].flatMap((across) =>
    [
      [1, -1],
      [1, 1],
      [-1, -1],
      [-1, 1],
    ].map(([dx, dy]) => [dx! * across, dy! * lines] as const),
  ),
);
const LEADER_STEPS = 16;

/** Points in crowds are named first: others find room more easily. Left out is what has none. */
export function placeNames(points: readonly NamedPoint[], room: NameRoom): PlacedName[] {
  const { height, radius } = room;
  const taken: Box[] = points.map(({ px, py }) => around(px, py, radius));
  const nearby = ({ px, py }: NamedPoint) =>
    points.filter((other) => Math.abs(other.py - py) < 2 * height && Math.abs(other.px - px) < 8 * height).length;
  const order = points
    .map((point, index) => ({ point, index, crowd: nearby(point) }))
    .filter(({ point }) => point.width > 0)
    .sort((a, b) => b.crowd - a.crowd || a.point.py - b.point.py || a.index - b.index);
  const segments = (lines: NameRoom['lines']) =>
    lines.flatMap((corners) => corners.slice(1).map((to, at): Segment => [corners[at]!, to]));
  const lines = segments(room.lines);
  const drawn = segments(room.drawn ?? []);
  const tries = [[...lines, ...drawn], drawn, ...(room.far || drawn.length === 0 ? [[]] : [])];
  const placed: PlacedName[] = [];
  for (const { point, index } of order) {
    let found: ReturnType<typeof findPlace>;
    for (const kept of tries) found ??= findPlace(point, index, { taken, kept }, room);
    if (!found) continue;
    placed.push({ index, ...found });
    taken.push(boxOf(found.x, found.y, point.width, height), ...(found.leader ? along(found.leader) : []));
  }
  return placed;
}

interface Obstacles {
  readonly taken: readonly Box[];
  /** Names keep off these, lines to points do not. */
  readonly kept: readonly Segment[];
}

function findPlace(point: NamedPoint, index: number, { taken, kept }: Obstacles, room: NameRoom) {
  const { px, py, width } = point;
  const { height, radius, far } = room;
  const gap = radius + 0.25 * height;
  const isFree = (x: number, y: number) => {
    const box = boxOf(x, y, width, height);
    const isIn = box.left >= room.left && box.right <= room.right && box.top >= room.top && box.bottom <= room.bottom;
    return isIn && !taken.some((other) => overlaps(box, other)) && !kept.some((line) => crosses(box, line, radius / 2));
  };
  for (const [dx, dy] of BESIDE) {
    const x = px + dx * gap - (dx === 0 ? width / 2 : dx < 0 ? width : 0);
    const y = py + dy * (gap + height / 2);
    if (isFree(x, y)) return { x, y, leader: null };
  }
  if (!far) return undefined;
  for (const [dx, dy] of FARTHER) {
    const [end, y] = [px + dx * height, py + dy * height];
    const x = dx < 0 ? end - gap / 2 - width : end + gap / 2;
    if (!isFree(x, y)) continue;
    // From the rim of the point.
    const share = radius / Math.hypot(end - px, y - py);
    const leader = [px + share * (end - px), py + share * (y - py), end, y] as const;
    // Points that lie on its own cannot be kept off.
    const own = taken[index]!;
    const isClear = along(leader).every((part) =>
      taken.every((other) => overlaps(own, other) || !overlaps(part, other)),
    );
    if (isClear) return { x, y, leader };
  }
  return undefined;
}

function around(x: number, y: number, half: number): Box {
  return { left: x - half, right: x + half, top: y - half, bottom: y + half };
}

function boxOf(x: number, y: number, width: number, height: number): Box {
  return { left: x, right: x + width, top: y - height / 2, bottom: y + height / 2 };
}

/** Pieces of a line, its ends apart: that at the point lies on the point, that at the name on the name. */
function along([x1, y1, x2, y2]: readonly [number, number, number, number]): Box[] {
  return Array.from({ length: LEADER_STEPS - 1 }, (_, at) => {
    const share = (at + 1) / LEADER_STEPS;
    return around(x1 + share * (x2 - x1), y1 + share * (y2 - y1), 0.5);
  });
}

/** Whether a piece of a line comes into a box with a rim around it (Liang and Barsky 1984). */
function crosses({ left, right, top, bottom }: Box, [[x, y], [toX, toY]]: Segment, rim: number): boolean {
  let [from, to] = [0, 1];
  const sides = [
    [x - toX, x - (left - rim)],
    [toX - x, right + rim - x],
    [y - toY, y - (top - rim)],
    [toY - y, bottom + rim - y],
  ] as const;
  for (const [step, room] of sides) {
    if (step === 0) {
      if (room <= 0) return false;
    } else if (step < 0) from = Math.max(from, room / step);
    else to = Math.min(to, room / step);
  }
  return from < to;
}

function overlaps(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
