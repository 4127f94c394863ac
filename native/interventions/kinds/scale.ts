import { numberParameter } from '../../../shared/model/intervention.ts';
import type { KindEffect } from '../kind-effect.ts';
import { headColumns, scaleColumns } from '../row-edits.ts';

export const scale: KindEffect = ({ entry, heads, rows }, { model }) => ({
  output: scaleColumns(headColumns(heads, model.heads, model.headDim), rows, numberParameter(entry, 'factor')),
});
