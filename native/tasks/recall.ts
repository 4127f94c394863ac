import { encodePiece } from './encode-piece.ts';
import { needsTokenizer, startIds, type Task } from './task.ts';

export const recall: Task = {
  info: {
    id: 'recall',
    name: 'Multi-key recall',
    definition: 'A list of lines “- Walter silver”, then “- Walter” again; the answer is the word beside the name.',
    source: 'Arora et al. 2023, Zoology: multi-query associative recall (arXiv 2312.04927)',
    parameters: [
      { id: 'keys', name: 'Lines', meaning: 'Lines of the list.', default: 8, min: 1, max: 40, integer: true },
    ],
    metric: 'exact-match',
  },
  unavailable: needsTokenizer,
  make(context, parameters, prng) {
    const { tokenizer } = context.model;
    const keys = parameters['keys']!;
    const names = prng.shuffle(context.data.names).slice(0, keys);
    const values = prng.shuffle(context.data.values).slice(0, names.length);
    const asked = prng.integer(names.length);
    const prompt = startIds(context);
    let answerSpan = null;
    for (const [i, name] of names.entries()) {
      prompt.push(...encodePiece(tokenizer, `- ${name}`));
      const value = encodePiece(tokenizer, ` ${values[i]!}`);
      if (i === asked) answerSpan = { start: prompt.length, end: prompt.length + value.length };
      prompt.push(...value, ...encodePiece(tokenizer, '\n'));
    }
    const questionStart = prompt.length;
    prompt.push(...encodePiece(tokenizer, `- ${names[asked]!}`));
    const answer = encodePiece(tokenizer, ` ${values[asked]!}`);
    return { prompt: Int32Array.from(prompt), answer: Int32Array.from(answer), answerSpan, questionStart };
  },
};
