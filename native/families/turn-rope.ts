/** Rotated queries and keys at another position than the one they come from. */
import { ropeTables, type RopeSpec } from './rope.ts';

/** Writes `values`, some heads of row `from` of one run's q or k, into `into`, turned to position `to` of another run. */
export type TurnRow = (values: Float32Array, from: number, to: number, into: Float32Array) => void;

/**
 * Out of the rotation of one position and into that of another, so that what is taken over is the content alone; where
 * both are the same, the same bits. `fromTokens`, `toTokens`: of the runs, on whose lengths dynamic scaling depends. Learned
 * positions (null) cannot be taken out.
 */
export function rowTurner(rope: RopeSpec | null, headDim: number, fromTokens: number, toTokens: number): TurnRow {
  if (rope === null) return (values, _from, _to, into) => into.set(values);
  const half = headDim / 2;
  const [given, wanted] = [ropeTables(rope, fromTokens), ropeTables(rope, toTokens)];
  const sameAngles = (from: number, to: number): boolean => {
    if (from !== to) return false;
    for (let at = to * half; at < (to + 1) * half; at++) {
      if (given.cos[at] !== wanted.cos[at] || given.sin[at] !== wanted.sin[at]) return false;
    }
    return true;
  };
  return (values, from, to, into) => {
    if (sameAngles(from, to)) {
      into.set(values);
      return;
    }
    for (let start = 0; start < values.length; start += headDim) {
      for (let c = 0; c < half; c++) {
        const [cos, sin] = [given.cos[from * half + c]!, given.sin[from * half + c]!];
        // Tables may have a factor in them (YaRN): the inverse has one over it.
        const square = cos * cos + sin * sin;
        const [first, second] = [values[start + c]!, values[start + half + c]!];
        const plain = (first * cos + second * sin) / square;
        const paired = (second * cos - first * sin) / square;
        const [newCos, newSin] = [wanted.cos[to * half + c]!, wanted.sin[to * half + c]!];
        into[start + c] = plain * newCos - paired * newSin;
        into[start + half + c] = paired * newCos + plain * newSin;
      }
    }
  };
}
