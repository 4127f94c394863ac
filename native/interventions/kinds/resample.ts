import { numberParameter } from '../../../shared/model/intervention.ts';
import { drawPositions, drawPrompts } from '../../../shared/model/resample-draw.ts';
import { refused } from '../check.ts';
import type { KindEffect } from '../kind-effect.ts';
import { isAmong, lastPosition } from '../layer-edit.ts';
import { copyColumns, editRows, headColumns } from '../row-edits.ts';

/** Rows that are looked at between two looks at the clock. */
const ROWS_AT_ONCE = 256;

export const resample: KindEffect = ({ entry, layer, heads, rows }, { ids, model }, prompts) => {
  const seed = numberParameter(entry, 'seed');
  const columns = headColumns(heads, model.heads, model.headDim);
  const last = lastPosition(rows, ids.length);
  if (prompts === undefined) {
    if (ids.length < 2) {
      throw refused(entry, 'a prompt of one token has no other position to take z from.', 'Give other prompts.');
    }
    const draws = drawPositions(ids.length, seed);
    let z: () => Float32Array;
    return {
      prompts: [ids],
      read: ({ layers }) => {
        z = () => layers[layer]!.z;
      },
      parts: () => ({ output: copyColumns(columns, rows, z, (position) => draws[position]) }),
    };
  }
  const longest = Math.max(...prompts.map(({ length }) => length));
  if (longest <= last) {
    throw refused(
      entry,
      `the longest of its prompts has ${longest} tokens, but z is needed up to position ${last}.`,
      'Take longer prompts, or limit the positions.',
    );
  }
  const draws = drawPrompts(
    prompts.map(({ length }) => length),
    ids.length,
    seed,
  );
  const drawn = columns.map(({ count }) => new Float32Array((last + 1) * count));
  return {
    prompts,
    read: async ({ layers }, index, breathe) => {
      const { z } = layers[layer]!;
      for (let position = 0; position <= last; position++) {
        if (position % ROWS_AT_ONCE === 0) await breathe();
        if (draws[position] !== index || !isAmong(rows, position)) continue;
        for (const [part, { width, from, count }] of columns.entries()) {
          const at = position * width + from;
          drawn[part]!.set(z.subarray(at, at + count), position * count);
        }
      }
    },
    parts: () => {
      const parts = columns.map((each, part) =>
        editRows([each], rows, (values, at, { count }, position) => {
          if (position <= last) values.set(drawn[part]!.subarray(position * count, (position + 1) * count), at);
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
