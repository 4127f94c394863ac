import { encodePiece } from '../tasks/encode-piece.ts';
import { needsTokenizer, startIds } from '../tasks/task.ts';
import type { Probe } from './probe.ts';
import { questionSample } from './question.ts';

export const choices: Probe = {
  info: {
    id: 'choices',
    name: 'Questions with choices',
    description:
      'Facts of the form “They call Walter silver lantern.”, one asked for, and the values of all of them as choices A, B, ... in random order: every choice was named before, so only what belongs together tells. For scores of the query of the last token with the keys that close the choices.',
    parameters: [
      { id: 'choices', name: 'Choices', meaning: 'Choices, and facts.', default: 4, min: 2, max: 26, integer: true },
    ],
  },
  data: ['text', 'choices'],
  unavailable: needsTokenizer,
  make(context, parameters, prng) {
    const { data, model } = context;
    const count = parameters['choices']!;
    const piece = (text: string): number[] => encodePiece(model.tokenizer, text);
    const names = prng.shuffle(data.names).slice(0, count);
    const words = prng.shuffle(data.values);
    const values = Array.from({ length: count }, (_, i) => piece(` ${words[2 * i]!} ${words[2 * i + 1]!}`));
    const asked = prng.integer(names.length);
    const question = startIds(context);
    names.forEach((name, i) => question.push(...piece(` They call ${name}`), ...values[i]!, ...piece('.')));
    question.push(...piece(`\nWhat do they call ${names[asked]!}?`));
    const order = prng.shuffle(names.map((_, i) => i));
    return questionSample(
      context,
      question,
      order.map((i) => values[i]!),
      order.indexOf(asked),
    );
  },
};
