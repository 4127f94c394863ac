import { AppError } from '../../shared/base/app-error.ts';
import type { Prng } from '../../shared/base/prng.ts';
import type { Task, TaskContext } from './task.ts';
import { needsTokenizer, startIds } from './task.ts';
import { encodePiece } from './encode-piece.ts';
import { drawPassage } from './haystack.ts';

/** Prose that a needle has to be hidden in at the least. */
const LEAST_HAYSTACK = 8;
const REDRAWS = 50;

interface Fact {
  readonly ids: readonly number[];
  /** Of the value in `ids`. */
  readonly valueStart: number;
  readonly value: readonly number[];
  readonly name: string;
}

export const needle: Task = {
  info: {
    id: 'needle',
    name: 'Needle in a haystack',
    definition:
      'Facts of the form “They call Walter silver lantern.” between the sentences of a prose passage, then “As was said above, they call Walter”; the answer is the value. Values are two random words, so that only copying gives them.',
    source: 'Kamradt 2023, needle in a haystack; several facts as in RULER (arXiv 2404.06654), multi-key',
    parameters: [
      {
        id: 'length',
        name: 'Length',
        meaning: 'Tokens of prompt and answer.',
        default: 512,
        min: 48,
        max: 1e6,
        integer: true,
      },
      {
        id: 'depth',
        name: 'Depth',
        meaning: 'Place of the fact that is asked for.',
        default: 0.5,
        min: 0,
        max: 1,
        integer: false,
      },
      { id: 'facts', name: 'Facts', meaning: 'Facts in the passage.', default: 4, min: 1, max: 40, integer: true },
    ],
    metric: 'exact-match',
  },
  unavailable: needsTokenizer,
  make(context, parameters, prng) {
    const { length, depth, facts: count } = parameters as { length: number; depth: number; facts: number };
    const facts = drawFacts(context, count, prng);
    const asked = facts[0]!;
    const question = encodePiece(context.model.tokenizer, `\nAs was said above, they call ${asked.name}`);
    const start = startIds(context);
    const rest = facts.reduce((sum, { ids }) => sum + ids.length, 0) + question.length + asked.value.length;
    const room = length - start.length - rest;
    if (room < LEAST_HAYSTACK) {
      const least = rest + start.length + LEAST_HAYSTACK;
      throw new AppError(
        'bad-request',
        `${length} tokens are too few for ${count} facts: they need ${least} or more.`,
        {
          hint: 'Give a greater length, or fewer facts.',
        },
      );
    }
    const { ids: hay, seams } = drawPassage(context, room, prng);
    const place = (at: number): number =>
      seams.reduce((best, seam) => (Math.abs(seam - at * room) < Math.abs(best - at * room) ? seam : best));
    const placed = facts.map((fact) => ({ fact, at: place(fact === asked ? depth : prng.next()) }));
    placed.sort((a, b) => a.at - b.at);

    const prompt = [...start];
    let done = 0;
    let answerStart = 0;
    for (const { fact, at } of placed) {
      prompt.push(...hay.slice(done, at));
      if (fact === asked) answerStart = prompt.length + fact.valueStart;
      prompt.push(...fact.ids);
      done = at;
    }
    prompt.push(...hay.slice(done));
    const questionStart = prompt.length;
    prompt.push(...question);
    return {
      prompt: Int32Array.from(prompt),
      answer: Int32Array.from(asked.value),
      answerSpan: { start: answerStart, end: answerStart + asked.value.length },
      questionStart,
    };
  },
};

/** No name and no word twice; values that begin with different tokens as far as the words allow. */
function drawFacts({ model, data }: TaskContext, count: number, prng: Prng): Fact[] {
  const names = prng.shuffle(data.names);
  const facts: Fact[] = [];
  const used = new Set<string>();
  const firsts = new Set<number>();
  while (facts.length < count) {
    const name = names[facts.length % names.length]!;
    for (let attempt = 0; ; attempt++) {
      const [first, second] = [
        data.values[prng.integer(data.values.length)]!,
        data.values[prng.integer(data.values.length)]!,
      ];
      const value = encodePiece(model.tokenizer, ` ${first} ${second}`);
      const taken = first === second || used.has(first) || used.has(second) || firsts.has(value[0]!);
      if (taken && attempt < REDRAWS) continue;
      used.add(first).add(second);
      firsts.add(value[0]!);
      const head = encodePiece(model.tokenizer, ` They call ${name}`);
      const ids = [...head, ...value, ...encodePiece(model.tokenizer, '.')];
      facts.push({ ids, valueStart: head.length, value, name });
      break;
    }
  }
  return facts;
}
