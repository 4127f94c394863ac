import { AppError } from '../../shared/base/app-error.ts';
import type { ModelTokenizer } from '../tokenizer/model-tokenizer.ts';

/** Texts that a piece is put behind, so that no tokenizer takes its first blank for that of a beginning. */
const ANCHORS = ['x.', 'x', '\n', 'x,'];

/**
 * Ids of a text that stands in the middle of another one: what the tokenizer adds or drops at a beginning is not there.
 * Pieces are joined by their ids, so what was put into a prompt is where it was put.
 */
export function encodePiece(tokenizer: ModelTokenizer, piece: string): number[] {
  if (!tokenizer.available) throw new AppError('no-tokenizer', `This model is open in id mode: ${tokenizer.reason}`);
  if (piece === '') return [];
  for (const anchor of ANCHORS) {
    const { tokens } = tokenizer.encode(anchor + piece, { bos: false });
    const first = tokens.findIndex(({ start }) => start >= anchor.length);
    // A token that spans the seam belongs to both sides; another anchor has another seam.
    if (first > 0 && tokens[first - 1]!.end <= anchor.length) return tokens.slice(first).map(({ id }) => id);
  }
  throw new AppError(
    'tokenizer-invalid',
    `The tokenizer joins “${piece.slice(0, 40)}” with whatever stands before it.`,
  );
}
