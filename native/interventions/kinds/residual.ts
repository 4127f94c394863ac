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
      // Made before any is changed: they are in the means, too.
      const means = toMean ? await meansOf(values, dModel, breathe) : new Float64Array(dModel);
      const [first, end] = chosen === -1 ? [0, dModel] : [chosen, chosen + 1];
      for (let row = 0; row < tokens; row++) {
        if (!isAmong(rows, start + row)) continue;
        for (let dimension = first; dimension < end; dimension++) {
          const at = row * dModel + dimension;
          if (chosen !== -1 || Math.abs(values[at]!) > least) values[at] = means[dimension]!;
        }
        await breathe();
      }
    },
  };
};

/** Of each dimension over all rows. */
async function meansOf(values: Float32Array, dModel: number, breathe: () => Promise<void>): Promise<Float64Array> {
  const sums = new Float64Array(dModel);
  for (let row = 0; row < values.length; row += dModel) {
    for (let dimension = 0; dimension < dModel; dimension++) sums[dimension]! += values[row + dimension]!;
    await breathe();
  }
  const tokens = values.length / dModel;
  return sums.map((sum) => sum / tokens);
}

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
