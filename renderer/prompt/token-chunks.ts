import type { TokenView } from '../../shared/model/token-view.ts';

/** A run of tokens that is laid out and skipped by the browser as one block. */
export interface TokenChunk {
  readonly start: number;
  readonly tokens: readonly TokenView[];
}

/** A chunk ends after a line break from this many tokens on, so that the cut is not seen, */
const SHORTEST = 96;
/** and at the latest after this many, where a text has no line breaks. */
const LONGEST = 768;

export function chunkTokens(tokens: readonly TokenView[]): readonly TokenChunk[] {
  const chunks: TokenChunk[] = [];
  let start = 0;
  for (let end = 1; end <= tokens.length; end++) {
    const length = end - start;
    const breaksHere = length >= SHORTEST && tokens[end - 1]!.text.includes('\n');
    if (!breaksHere && length < LONGEST && end < tokens.length) continue;
    chunks.push({ start, tokens: tokens.slice(start, end) });
    start = end;
  }
  return chunks;
}
