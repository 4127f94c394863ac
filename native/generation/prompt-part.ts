/** Edits of a prompt that leave what is generated after it as it is. */
import type { HeadStep, LayerEdit, PositionSet, RowEdit } from '../interventions/layer-edit.ts';

export interface EditedWidths {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly dModel: number;
}

/** The same edit of the positions below `tokens` alone. What it tells of all rows that it is given, it tells of these. */
export function promptPart(edit: LayerEdit, tokens: number, widths: EditedWidths): LayerEdit {
  const { heads, kvHeads, headDim, dModel } = widths;
  const only = firstRows(tokens);
  const firstOf = (width: number) => (rowEdit: RowEdit) => firstRowsOf(rowEdit, tokens, width);
  return {
    residual: edit.residual.map(firstOf(dModel)),
    inputs: edit.inputs.map(({ which, edit: rowEdit }) => {
      return { which, edit: firstOf((which === 'q' ? heads : kvHeads) * headDim)(rowEdit) };
    }),
    heads: new Map(Array.from(edit.heads, ([head, steps]) => [head, steps.map(only)])),
    outputs: edit.outputs.map(firstOf(heads * headDim)),
  };
}

function firstRowsOf(edit: RowEdit, tokens: number, width: number): RowEdit {
  return (values, start, breathe) => {
    if (start >= tokens) return undefined;
    return edit(values.subarray(0, (tokens - start) * width), start, breathe);
  };
}

function firstRows(tokens: number): (step: HeadStep) => HeadStep {
  const all = new Uint8Array(tokens).fill(1);
  const limited = (rows: PositionSet): PositionSet => rows?.subarray(0, tokens) ?? all;
  return (step) => {
    // Positions past the end of the other run have no partner there; with all rows the kernel can compute them.
    if (step.kind === 'donor' && step.rows === null) return step;
    return { ...step, rows: limited(step.rows) };
  };
}
