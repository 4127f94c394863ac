import { choiceParameter } from '../../../shared/model/intervention.ts';
import { TOKEN_CLASSES } from '../../../shared/model/token-class.ts';
import { refused } from '../check.ts';
import type { KindEffect } from '../kind-effect.ts';
import { lastPosition } from '../layer-edit.ts';
import { editRows, headColumns } from '../row-edits.ts';

/** Rows that are summed between two looks at the clock. */
const ROWS_AT_ONCE = 64;

export const mean: KindEffect = ({ entry, layer, heads, rows }, { ids, model, classes }, prompts = [ids]) => {
  const by = choiceParameter(entry, 'by');
  const last = lastPosition(rows, ids.length);
  const shortest = Math.min(...prompts.map(({ length }) => length));
  if (by === 'position' && shortest <= last) {
    throw refused(
      entry,
      `the shortest prompt of the reference set has ${shortest} tokens, but means by position are needed up to position ${last}.`,
      'Take longer prompts, limit the positions, or average by token class or over all positions.',
    );
  }
  const bins = by === 'position' ? last + 1 : by === 'class' ? TOKEN_CLASSES.length : 1;
  const width = heads.length * model.headDim;
  const sums = new Float64Array(bins * width);
  const counts = new Float64Array(bins);
  const columns = headColumns(heads, model.heads, model.headDim);
  /** Bin of each position of a prompt. */
  const binsOf = (of: Int32Array): ((position: number) => number) => {
    if (by === 'position') return (position) => (position <= last ? position : -1);
    if (by === 'all') return () => 0;
    const found = classes(of);
    return (position) => found[position]!;
  };
  return {
    prompts,
    read: async ({ tokens, layers }, index, breathe) => {
      const { z } = layers[layer]!;
      const binOf = binsOf(prompts[index]!);
      for (let position = 0; position < tokens; position++) {
        const bin = binOf(position);
        if (bin === -1) break;
        counts[bin]! += 1;
        columns.forEach(({ width: stride, from, count }, part) => {
          const [at, to] = [position * stride + from, bin * width + part * count];
          for (let d = 0; d < count; d++) sums[to + d]! += z[at + d]!;
        });
        if (position % ROWS_AT_ONCE === 0) await breathe();
      }
    },
    parts: () => {
      const binOf = binsOf(ids);
      const parts = columns.map((each, part) =>
        editRows([each], rows, (values, at, { count }, position) => {
          const bin = binOf(position);
          // A class that the reference set lacks has no mean.
          if (counts[bin] === 0) return;
          const from = bin * width + part * count;
          for (let d = 0; d < count; d++) values[at + d] = sums[from + d]! / counts[bin]!;
        }),
      );
      return {
        output: async (values, start, breathe) => {
          for (const edit of parts) await edit(values, start, breathe);
        },
      };
    },
  };
};
