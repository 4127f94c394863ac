/** From the prompt of a request to checked token ids. */
import { AppError } from '../../shared/base/app-error.ts';
import type { Prompt, Tokenized } from '../../shared/contract/methods.ts';
import type { OpenModel } from '../model/open-model.ts';

/** Ordinary text has about four characters a token; twice that leaves no doubt. */
const CHARACTERS_PER_TOKEN = 8;
const SPARE_CHARACTERS = 4096;

/** Throws `no-tokenizer` for text in id mode and `token-out-of-range`. */
export function tokenizePrompt({ info, tokenizer }: OpenModel, prompt: Prompt): Tokenized {
  if (prompt.kind === 'text') {
    if (!tokenizer.available) {
      throw new AppError('no-tokenizer', `This model is open in id mode: ${tokenizer.reason}`, {
        hint: 'Give token ids, or put tokenizer.json into the model folder and open it again.',
      });
    }
    const bos = prompt.bos && info.bos !== null;
    // Tokenizing blocks the process. Of a text that is far past the context limit, the head is enough to say so.
    const enough = CHARACTERS_PER_TOKEN * info.context + SPARE_CHARACTERS;
    if (prompt.text.length > enough) {
      const head = tokenizer.encode(prompt.text.slice(0, enough), { bos });
      if (head.ids.length > info.context) return { ...head, more: true };
    }
    return { ...tokenizer.encode(prompt.text, { bos }), more: false };
  }
  const bad = prompt.ids.find((id) => id < 0 || id >= info.vocabSize);
  if (bad !== undefined) {
    throw new AppError('token-out-of-range', `Token id ${bad} is outside the vocabulary of ${info.vocabSize}.`, {
      hint: `Use ids from 0 to ${info.vocabSize - 1}.`,
    });
  }
  const tokens = Array.from(prompt.ids, (id) => ({ id, ...tokenizer.describe(id), start: -1, end: -1 }));
  return { ids: prompt.ids, tokens, more: false };
}

/** A prompt that can be run. Throws `prompt-empty` and, unless `cut`, `prompt-too-long`. */
export function checkedPrompt(
  model: OpenModel,
  prompt: Prompt,
  cut: boolean,
): Pick<Tokenized, 'ids' | 'tokens'> & { readonly cutTokens: number } {
  const { ids, tokens, more } = tokenizePrompt(model, prompt);
  const { context, vocabSize } = model.info;
  const ownTokens = tokens.filter(({ special }) => !special).length;
  if (ids.length === 0 || (prompt.kind === 'text' && ownTokens === 0 && prompt.text === '')) {
    throw new AppError('prompt-empty', 'The prompt is empty.', { hint: 'Type some text or pick an example.' });
  }
  const outside = ids.find((id) => id >= vocabSize);
  if (outside !== undefined) {
    throw new AppError(
      'token-out-of-range',
      `The tokenizer gave id ${outside}, but the model has ${vocabSize} embeddings.`,
      {
        hint: 'tokenizer.json and the weights do not belong together; open a matching pair.',
      },
    );
  }
  if (ids.length <= context) return { ids, tokens, cutTokens: 0 };
  if (!cut) {
    throw new AppError(
      'prompt-too-long',
      `The prompt has ${more ? 'more than ' : ''}${ids.length} tokens; this model’s context limit is ${context}.`,
      {
        hint: `Shorten it, or cut it to the first ${context} tokens.`,
        details: { tokens: ids.length, limit: context },
      },
    );
  }
  return { ids: ids.slice(0, context), tokens: tokens.slice(0, context), cutTokens: ids.length - context };
}
