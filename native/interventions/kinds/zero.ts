import type { KindEffect } from '../kind-effect.ts';
import { headColumns, zeroColumns } from '../row-edits.ts';

export const zero: KindEffect = ({ heads, rows }, { model }) => ({
  output: zeroColumns(headColumns(heads, model.heads, model.headDim), rows),
});
