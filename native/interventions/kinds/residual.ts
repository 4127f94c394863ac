import { choiceParameter, numberParameter } from '../../../shared/model/intervention.ts';
import { MedianMagnitude } from '../../sinks/median-magnitude.ts';
import { isAmong } from '../layer-edit.ts';
import type { KindEffect } from '../kind-effect.ts';

/** Numbers that are looked at between two looks at the clock. */
const BLOCK = 2 ** 18;

export const residual: KindEffect = ({ entry, rows }, { model }) => {
  const toMean = choiceParameter(entry, 'to') === 'mean';
  const chosen = numberParameter(entry, 'dimension');
  const [floor, ratio] = [numberParameter(entry, 'floor'), numberParameter(entry, 'ratio')];
  const { dModel } = model;
  return {
    residual: async (values, start, breathe) => {
      const tokens = values.length / dModel;
      const least = chosen === -1 ? Math.max(floor, ratio * (await medianOf(values, breathe))) : 0;
      // All are found before any is changed: they are in the means, too.
      const found: number[] = [];
      for (let row = 0; row < tokens; row++) {
        if (!isAmong(rows, start + row)) continue;
        if (chosen !== -1) found.push(row * dModel + chosen);
        else
          for (let at = row * dModel; at < (row + 1) * dModel; at++) if (Math.abs(values[at]!) > least) found.push(at);
        await breathe();
      }
      const means = new Map<number, number>();
      for (const at of toMean ? found : []) {
        const dimension = at % dModel;
        if (means.has(dimension)) continue;
        let sum = 0;
        for (let each = dimension; each < values.length; each += dModel) sum += values[each]!;
        means.set(dimension, sum / tokens);
        await breathe();
      }
      for (const at of found) values[at] = toMean ? means.get(at % dModel)! : 0;
    },
  };
};

async function medianOf(values: Float32Array, breathe: () => Promise<void>): Promise<number> {
  const median = new MedianMagnitude();
  for (const count of [median.countUpper.bind(median), median.countLower.bind(median)]) {
    for (let at = 0; at < values.length; at += BLOCK) {
      count(values.subarray(at, at + BLOCK));
      await breathe();
    }
  }
  return median.value();
}
