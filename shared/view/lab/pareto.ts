/** Which points no other one beats. */
export interface CostPoint {
  readonly cost: number;
  readonly value: number;
}

/**
 * Indices of the points that no other is at least as good as in both and better than in one, by cost. Less cost is
 * better; equal points are on the front together. Points that are no numbers are never on it.
 */
export function paretoFront(points: readonly CostPoint[], better: 'higher' | 'lower'): number[] {
  const sign = better === 'higher' ? -1 : 1;
  const order = points
    .map(({ cost, value }, index) => ({ index, cost, bad: sign * value }))
    .filter(({ cost, bad }) => Number.isFinite(cost) && Number.isFinite(bad))
    .sort((a, b) => a.cost - b.cost || a.bad - b.bad || a.index - b.index);
  const front: number[] = [];
  let best = { cost: NaN, bad: Infinity };
  for (const { index, cost, bad } of order) {
    if (bad > best.bad || (bad === best.bad && cost !== best.cost)) continue;
    front.push(index);
    best = { cost, bad };
  }
  return front;
}

export interface PlotPoint {
  readonly x: number;
  readonly y: number;
}

/**
 * The border of what a front beats, which is all on its far side: from the worst end of the axis up to the first point,
 * then from point to point over corners, and on to the end of the costs. `front`: by cost.
 */
export function staircase(front: readonly PlotPoint[], worst: number, end: number): PlotPoint[] {
  const steps: PlotPoint[] = [];
  let y = worst;
  for (const point of front) {
    if (point.x > end) break;
    steps.push({ x: point.x, y }, { x: point.x, y: point.y });
    y = point.y;
  }
  return steps.length === 0 ? [] : [...steps, { x: end, y }];
}
