import { numberParameter } from '../../../shared/model/intervention.ts';
import { drawPositions, drawPrompts } from '../../../shared/model/resample-draw.ts';
import { refused } from '../check.ts';
import type { KindEffect } from '../kind-effect.ts';
import { isAmong, lastPosition } from '../layer-edit.ts';
import { copyColumns, headColumns } from '../row-edits.ts';

export const resample: KindEffect = ({ entry, layer, heads, rows }, { ids, model }, prompts) => {
  const seed = numberParameter(entry, 'seed');
  const columns = headColumns(heads, model.heads, model.headDim);
  const width = model.heads * model.headDim;
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
  const drawn = new Float32Array((last + 1) * width);
  return {
    prompts,
    read: ({ layers }, index) => {
      const { z } = layers[layer]!;
      for (let position = 0; position <= last; position++) {
        if (draws[position] !== index || !isAmong(rows, position)) continue;
        drawn.set(z.subarray(position * width, (position + 1) * width), position * width);
      }
    },
    parts: () => ({
      output: copyColumns(
        columns,
        rows,
        () => drawn,
        (position) => (position <= last ? position : -1),
      ),
    }),
  };
};
