import type { Tokenized } from '../../shared/contract/methods.ts';
import type { TokenView } from '../../shared/model/token-view.ts';

/** Ids of a text with what is shown of each. */
export type Encoded = Pick<Tokenized, 'ids' | 'tokens'>;

interface TokenizerFacts {
  /** Display form of any id, also outside the vocabulary. */
  describe(id: number): Pick<TokenView, 'display' | 'text' | 'special'>;
  /** UTF-8 of the text that an id stands for; empty for special tokens, unknown ids and in id mode. */
  bytes(id: number): Uint8Array;
  readonly bosId: number | null;
  /** Whether the tokenizer's own configuration prepends BOS. */
  readonly bosByDefault: boolean;
  readonly warnings: readonly string[];
}

/** The tokenizer of an open model, or the reason why it works in id mode. */
export type ModelTokenizer = TokenizerFacts &
  (
    | { readonly available: true; encode(text: string, options: { readonly bos: boolean }): Encoded }
    | { readonly available: false; readonly reason: string }
  );
