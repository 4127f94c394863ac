/** A stretch of an axis with one value; offsets from the plot's edge in CSS pixels, on device pixels. */
export interface Stretch {
  readonly startPx: number;
  readonly endPx: number;
  readonly value: number;
}

export interface AxisWindow {
  /** Token at the plot's edge, fractional. */
  readonly start: number;
  readonly cellPx: number;
  readonly lengthPx: number;
  readonly pixelRatio: number;
}

/**
 * One value per token, or per device pixel where several tokens share one. `max` keeps a single high token visible,
 * `mean` keeps a level honest; NaN counts as nothing.
 */
export function binAlong(values: ArrayLike<number>, axis: AxisWindow, reduce: 'max' | 'mean'): Stretch[] {
  const { start, cellPx, lengthPx, pixelRatio } = axis;
  const snap = (px: number) => Math.round(px * pixelRatio) / pixelRatio;
  const first = Math.max(0, Math.floor(start));
  const end = Math.min(values.length, Math.ceil(start + lengthPx / cellPx - 1e-6));
  const stretches: Stretch[] = [];
  let token = first;
  while (token < end) {
    const startPx = snap((token - start) * cellPx);
    let [sum, most, count] = [0, -Infinity, 0];
    let next = token;
    do {
      const value = values[next]!;
      if (!Number.isNaN(value)) {
        sum += value;
        most = Math.max(most, value);
        count++;
      }
      next++;
    } while (next < end && snap((next - start) * cellPx) <= startPx);
    const endPx = Math.max(startPx + 1 / pixelRatio, snap((next - start) * cellPx));
    stretches.push({ startPx, endPx, value: count === 0 ? 0 : reduce === 'max' ? most : sum / count });
    token = next;
  }
  return stretches;
}
