import type { ModelTokenizer } from '../tokenizer/model-tokenizer.ts';
import type { TaskContext } from './task.ts';

/** By what they follow from: going through a large vocabulary takes a tenth of a second. */
const known = new WeakMap<ModelTokenizer, Map<string, readonly number[]>>();

/** Ids that stand for ordinary tokens, ascending. */
export function usableIds({ model }: Pick<TaskContext, 'model'>): readonly number[] {
  const { tokenizer, info, endIds } = model;
  const special = new Set([...endIds, ...(info.bos === null ? [] : [info.bos.id])]);
  const key = `${info.vocabSize}|${[...special].join()}`;
  const own = known.get(tokenizer) ?? new Map<string, readonly number[]>();
  known.set(tokenizer, own);
  const ids =
    own.get(key) ??
    Array.from({ length: info.vocabSize }, (_, id) => id).filter(
      // A padded vocabulary has ids that no token belongs to.
      (id) => !special.has(id) && (!tokenizer.available || tokenizer.bytes(id).length > 0),
    );
  own.set(key, ids);
  return ids;
}
