import type { TaskContext } from './task.ts';

/** Ids that stand for ordinary tokens, ascending. */
export function usableIds({ model }: TaskContext): number[] {
  const { vocabSize, bos } = model.info;
  const special = new Set([...model.endIds, ...(bos === null ? [] : [bos.id])]);
  return Array.from({ length: vocabSize }, (_, id) => id).filter(
    // A padded vocabulary has ids that no token belongs to.
    (id) => !special.has(id) && (!model.tokenizer.available || model.tokenizer.bytes(id).length > 0),
  );
}
