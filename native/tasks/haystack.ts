/** Passages of the bundled prose as tokens, with the places between sentences. */
import type { Prng } from '../../shared/base/prng.ts';
import { encodePiece } from './encode-piece.ts';
import type { TaskContext } from './task.ts';

export interface Passage {
  readonly ids: readonly number[];
  /** Indices into `ids` at which a sentence begins, and its two ends. Ascending. */
  readonly seams: readonly number[];
}

/** Ordinary text has about four characters a token, in no tokenizer many more than eight. */
const CHARACTERS_PER_TOKEN = 8;
const SENTENCE_START = /(?<=[.!?]["')]?)(?<!\b(?:Mr|Mrs|Ms|Dr|St|Rev|Capt|Col|Gen|Esq|No|[A-Z])\.)\s+(?=["'(]?[A-Z])/g;

/** `count` tokens from a random sentence on, its leading blank included; past the end of the prose it goes on from its beginning. */
export function drawPassage({ model, data }: TaskContext, count: number, prng: Prng): Passage {
  const wanted = CHARACTERS_PER_TOKEN * count + 200;
  const starts = [...data.prose.matchAll(SENTENCE_START)].map((match) => match.index + match[0].length);
  const start = starts[prng.integer(starts.length)]!;
  let text = data.prose.slice(start, start + wanted);
  while (text.length < wanted) text += `\n${data.prose.slice(0, wanted - text.length)}`;
  // Cut into stretches, so that a passage costs about what it holds.
  const ids: number[] = [];
  const seams = new Set([0]);
  const pieces = text.split(SENTENCE_START);
  const blanks = [...text.matchAll(SENTENCE_START)].map(([blank]) => blank);
  for (const [i, piece] of pieces.entries()) {
    seams.add(ids.length);
    ids.push(...encodePiece(model.tokenizer, (i === 0 ? ' ' : blanks[i - 1]!) + piece));
    if (ids.length >= count) break;
  }
  return { ids: ids.slice(0, count), seams: [...seams, count].filter((seam) => seam <= count) };
}
