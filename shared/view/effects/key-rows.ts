/** Keys of one row, each left out alone, by what that does. Pure. */
import type { KeysRecord } from '../../model/effect-results.ts';
import { formatNumber, formatSigned } from '../format.ts';
import { ends, type PlotAxis } from './line-plots.ts';

export const KEY_COLUMNS = ['deviation', 'weight', 'logit'] as const;
export type KeyColumn = (typeof KEY_COLUMNS)[number];

export const KEY_WORDS: Readonly<
  Record<KeyColumn, { readonly name: string; readonly axis: string; readonly meaning: string }>
> = {
  deviation: {
    name: 'Deviation',
    axis: '|(z′ − z) W_O|, residual units',
    meaning: 'How far the head’s output moves when it does not see the key: |(z′ − z) W_O|.',
  },
  weight: { name: 'Weight', axis: 'attention weight, probability', meaning: 'Attention of the query on the key.' },
  logit: {
    name: 'Logit',
    axis: 'direct effect on the logit difference, logits',
    meaning: 'Direct effect of leaving the key out on logit(token) − logit(against), with the final norm’s scale kept.',
  },
};

export interface KeyRow {
  readonly key: number;
  readonly token: string;
  readonly weight: number;
  readonly deviation: number;
  readonly relative: number;
  readonly logit: number;
}

/** Largest magnitude first; keys without a value last. */
export function keyRows({ tokens, weight, deviation, relative, logit }: KeysRecord, by: KeyColumn): readonly KeyRow[] {
  const rows = tokens.map((token, key) => ({
    key,
    token,
    weight: weight[key]!,
    deviation: deviation[key]!,
    relative: relative[key]!,
    logit: logit[key]!,
  }));
  const size = (row: KeyRow) => (Number.isNaN(row[by]) ? -1 : Math.abs(row[by]));
  return rows.sort((a, b) => size(b) - size(a) || a.key - b.key);
}

export interface KeyBar {
  /** Keys that share the bar: `from` to `to` - 1. */
  readonly from: number;
  readonly to: number;
  /** The one that is shown. */
  readonly key: number;
  readonly value: number;
}

/** Of so many columns at most, the value of largest magnitude in each; all of them where they fit. [columns] */
export function keyBars(values: Float32Array, columns: number): readonly KeyBar[] {
  const side = Math.max(1, Math.ceil(values.length / columns));
  return Array.from({ length: Math.ceil(values.length / side) }, (_, column) => {
    const [from, to] = [column * side, Math.min(values.length, (column + 1) * side)];
    let best = from;
    for (let key = from + 1; key < to; key++) {
      if (!(Math.abs(values[key]!) <= Math.abs(values[best]!)) && !Number.isNaN(values[key]!)) best = key;
    }
    return { from, to, key: best, value: values[best]! };
  });
}

/** Axes of such bars, each around the numbers of its keys. */
export function keyAxes(
  { query, tokens }: KeysRecord,
  by: KeyColumn,
  bars: readonly KeyBar[],
): { readonly x: PlotAxis; readonly y: PlotAxis } {
  return {
    x: { name: `key, 0 to ${query}`, lo: -0.5, hi: tokens.length - 0.5, whole: true },
    y: {
      name: KEY_WORDS[by].axis,
      ...ends(
        bars.map(({ value }) => value),
        [0],
      ),
    },
  };
}

/** `+0.004`, `−2.4e−5`: small effects have their digits. */
export function signedLogit(value: number): string {
  return Math.abs(value) < 0.0005 ? formatNumber(value) : formatSigned(value, 3);
}
