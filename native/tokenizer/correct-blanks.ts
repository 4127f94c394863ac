import {
  ByteLevelPreTokenizer,
  SequencePreTokenizer,
  type PreTokenizer,
  type Tokenizer,
} from '@huggingface/tokenizers';

/**
 * GPT-2's splitting pattern with Unicode's notion of a blank. The library's own copy has JavaScript's `\s`, which
 * counts U+FEFF (byte order mark) and leaves out U+0085, so it cuts text around them unlike the original tokenizer.
 * Source: https://github.com/openai/gpt-2/blob/master/src/encoder.py.
 */
const GPT2_PATTERN =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** Puts the pattern right wherever the tokenizer uses it. */
export function correctBlanks({ pre_tokenizer: preTokenizer }: Tokenizer): void {
  correct(preTokenizer);
}

function correct(preTokenizer: PreTokenizer | null): void {
  if (preTokenizer instanceof ByteLevelPreTokenizer) preTokenizer.pattern = GPT2_PATTERN;
  if (preTokenizer instanceof SequencePreTokenizer) preTokenizer.tokenizers.forEach(correct);
}
