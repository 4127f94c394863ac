/**
 * Each key of a query row left out alone. The rest of the row is renormalised, so what the head puts out moves by
 * z' - z = p / (1 - p) (z - v), exactly and for all keys from one row.
 */
import { AppError } from '../../shared/base/app-error.ts';
import { formatHead, groupOf, type HeadId } from '../../shared/model/head-id.ts';
import type { KeyRemovals } from '../../shared/model/effect.ts';
import type { Capture } from '../capture/capture.ts';
import type { AttendedLayer } from './attended-layer.ts';
import { capturedRows } from './captured-rows.ts';

export interface RemovalRow extends HeadId {
  readonly query: number;
  /** W_O of the layer, [heads, headDim, dModel]. */
  readonly output: Float32Array;
  /** Its inner product with what a head writes is what that adds to the logit difference, [dModel]. */
  readonly direction: Float64Array;
}

/** Of the pattern and the values of the run, before what its interventions do to z. Throws `bad-request` for a row that is no softmax. */
export async function keyRemovals(
  architecture: AttendedLayer['architecture'],
  capture: Pick<Capture, 'tokens' | 'layers'>,
  { layer, head, query, output, direction }: RemovalRow,
  breathe: () => Promise<void>,
): Promise<Pick<KeyRemovals, 'weight' | 'deviation' | 'relative' | 'logit'>> {
  const { heads, kvHeads, headDim } = architecture;
  const rows = capturedRows(architecture, capture, layer, head);
  const { weights, lse } = rows.row(query);
  if (Number.isNaN(lse)) {
    throw new AppError('bad-request', `The weights of ${formatHead({ layer, head })} are not normalised in this run.`, {
      hint: 'Without a softmax there is nothing to renormalise: look at the clean run.',
    });
  }
  const { v } = capture.layers[layer]!;
  const width = direction.length;
  const group = groupOf(head, heads, kvHeads) * headDim;
  const valueOf = (key: number, d: number) =>
    rows.seesValue(query, key) ? v[key * kvHeads * headDim + group + d]! : 0;

  const z = new Float64Array(headDim);
  for (let key = 0; key <= query; key++) {
    for (let d = 0; d < headDim; d++) z[d]! += weights[key]! * valueOf(key, d);
  }
  // Norms after W_O from products of its rows: [headDim, headDim] instead of a product with W_O for every key.
  const at = (d: number) => (head * headDim + d) * width;
  const products = new Float64Array(headDim * headDim);
  const alongs = new Float64Array(headDim);
  for (let a = 0; a < headDim; a++) {
    for (let i = 0; i < width; i++) alongs[a]! += output[at(a) + i]! * direction[i]!;
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += output[at(a) + i]! * output[at(b) + i]!;
      products[a * headDim + b] = products[b * headDim + a] = sum;
    }
    await breathe();
  }
  const written = (of: Float64Array): number => {
    let square = 0;
    for (let a = 0; a < headDim; a++) {
      for (let b = 0; b < headDim; b++) square += of[a]! * of[b]! * products[a * headDim + b]!;
    }
    return Math.sqrt(Math.max(0, square));
  };

  const whole = written(z);
  const [weight, deviation, relative, logit] = Array.from({ length: 4 }, () => new Float32Array(query + 1));
  const moved = new Float64Array(headDim);
  for (let key = 0; key <= query; key++) {
    const p = weights[key]!;
    weight![key] = p;
    let along = 0;
    for (let d = 0; d < headDim; d++) {
      moved[d] = p === 0 ? 0 : (p / (1 - p)) * (z[d]! - valueOf(key, d));
      along += moved[d]! * alongs[d]!;
    }
    const size = p < 1 ? written(moved) : NaN;
    deviation![key] = size;
    relative![key] = size / whole;
    logit![key] = p < 1 ? along : NaN;
    await breathe();
  }
  return { weight: weight!, deviation: deviation!, relative: relative!, logit: logit! };
}
