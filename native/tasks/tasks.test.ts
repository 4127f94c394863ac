import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createPrng } from '../../shared/base/prng.ts';
import { llama2Style, metaspaceStyle } from '../tokenizer/fixtures.ts';
import { openTokenizer, type ModelTokenizer } from '../tokenizer/open-tokenizer.ts';
import { fileSample } from './file.ts';
import { findTask, readTaskParameters, tasks } from './index.ts';
import { readTaskData } from './task-data.ts';
import type { TaskContext, TaskSample } from './task.ts';

const resources = `${import.meta.dirname}/../../resources`;
const data = await readTaskData(join(resources, 'tasks'));

async function fromJson(json: object): Promise<ModelTokenizer> {
  const folder = await mkdtemp(join(tmpdir(), 'headscope-tasks-'));
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(json));
  const tokenizer = await openTokenizer(folder, { vocabSize: 1e6, bosId: null });
  await rm(folder, { recursive: true });
  return tokenizer;
}

function contextOf(tokenizer: ModelTokenizer, context = 4096): TaskContext {
  const { bosId, bosByDefault } = tokenizer;
  const bos = bosId === null ? null : { id: bosId, text: '' };
  const info = { bos, bosByDefault, context, vocabSize: 2048 } as TaskContext['model']['info'];
  return { model: { info, tokenizer, endIds: [1] }, data };
}

function textOf(tokenizer: ModelTokenizer, ids: Iterable<number>): string {
  const decoder = new TextDecoder();
  let text = '';
  for (const id of ids) text += decoder.decode(tokenizer.bytes(id), { stream: true });
  return text + decoder.decode();
}

const shipped = await openTokenizer(join(resources, 'model'), { vocabSize: 2048, bosId: 0 });
const TOKENIZERS: Readonly<Record<string, ModelTokenizer>> = {
  'byte-level': shipped,
  'Llama 2': await fromJson(llama2Style()),
  Metaspace: await fromJson(metaspaceStyle()),
};

function draw(tokenizer: ModelTokenizer, id: string, given: Record<string, number>, sample: number): TaskSample {
  const task = findTask(id);
  return task.make(contextOf(tokenizer), readTaskParameters(task, given), createPrng(5, sample));
}

describe.each(Object.entries(TOKENIZERS))('with a %s tokenizer', (_, tokenizer) => {
  it('a needle prompt has its length, holds the answer where it says, and reads as it should', () => {
    for (let sample = 0; sample < 40; sample++) {
      const depth = [0, 0.3, 0.7, 1][sample % 4]!;
      const { prompt, answer, answerSpan, questionStart } = draw(
        tokenizer,
        'needle',
        { length: 900, depth, facts: 4 },
        sample,
      );
      expect(prompt.length + answer.length).toBe(900);
      expect([...prompt.subarray(answerSpan!.start, answerSpan!.end)]).toEqual([...answer]);
      const text = textOf(tokenizer, prompt);
      const name = /\nAs was said above, they call (\w+)$/.exec(text)![1]!;
      expect(textOf(tokenizer, prompt.subarray(questionStart!))).toBe(`\nAs was said above, they call ${name}`);
      const value = textOf(tokenizer, answer);
      expect(value).toMatch(/^ [a-z]+ [a-z]+$/);
      // The fact stands once, between sentences, with a blank on either side.
      expect(text.split(` They call ${name}${value}.`)).toHaveLength(2);
      expect(text.match(/ They call \w+ [a-z]+ [a-z]+\.(?=\s|$)/g)).toHaveLength(4);
      expect(text).not.toMatch(/\b(?:Mr|Mrs|Dr)\. They call/);
    }
  });

  it('recall and copy hold their answers', () => {
    for (let sample = 0; sample < 20; sample++) {
      const recall = draw(tokenizer, 'recall', { keys: 9 }, sample);
      const list = textOf(tokenizer, recall.prompt);
      expect(list.split('\n')).toHaveLength(10);
      const asked = list.split('\n').at(-1)!;
      expect(textOf(tokenizer, recall.prompt.subarray(recall.questionStart!))).toBe(asked);
      expect(
        list.startsWith(`${asked}${textOf(tokenizer, recall.answer)}\n`) ||
          list.includes(`\n${asked}${textOf(tokenizer, recall.answer)}\n`),
      ).toBe(true);
      const copy = draw(tokenizer, 'copy', { length: 200 }, sample);
      expect(copy.prompt.length + copy.answer.length).toBe(200);
      for (const { prompt, answer, answerSpan } of [recall, copy]) {
        expect([...prompt.subarray(answerSpan!.start, answerSpan!.end)]).toEqual([...answer]);
      }
      expect([...copy.prompt.subarray(copy.answerSpan!.start - 4, copy.answerSpan!.start)]).toEqual([
        ...copy.prompt.subarray(-4),
      ]);
    }
  });
});

describe('needle', () => {
  const places = (depth: number): number[] =>
    Array.from({ length: 30 }, (_, sample) => {
      const { prompt, answerSpan } = draw(shipped, 'needle', { length: 600, depth, facts: 3 }, sample);
      return answerSpan!.start / prompt.length;
    });

  it('puts the fact at its depth', () => {
    expect(Math.max(...places(0))).toBeLessThan(0.2);
    expect(Math.min(...places(1))).toBeGreaterThan(0.75);
    const middle = places(0.5);
    expect(middle.reduce((a, b) => a + b) / 30).toBeGreaterThan(0.4);
    expect(middle.reduce((a, b) => a + b) / 30).toBeLessThan(0.6);
  });

  it('uses no name and no value word twice', () => {
    for (let sample = 0; sample < 30; sample++) {
      const { prompt } = draw(shipped, 'needle', { length: 700, depth: 0.5, facts: 12 }, sample);
      const facts = [...textOf(shipped, prompt).matchAll(/ They call (\w+) ([a-z]+) ([a-z]+)\./g)];
      expect(facts).toHaveLength(12);
      for (const field of [[1], [2, 3]]) {
        const words = facts.flatMap((fact) => field.map((i) => fact[i]!));
        expect(new Set(words).size).toBe(words.length);
      }
    }
  });

  it('refuses a length that leaves no room, and says how much it needs', () => {
    expect(() => draw(shipped, 'needle', { length: 60, depth: 0, facts: 8 }, 1)).toThrow(
      /60 tokens are too few for 8 facts/,
    );
  });

  it('goes on from the beginning of the prose where that is shorter than the passage', () => {
    const { prompt, answer } = draw(shipped, 'needle', { length: 120_000, depth: 0.5, facts: 1 }, 1);
    expect(prompt.length + answer.length).toBe(120_000);
  });
});

describe('repeat', () => {
  it('is BOS, different ordinary tokens, and the same again', () => {
    const { prompt, answer } = draw(shipped, 'repeat', {}, 3);
    const ids = [...prompt, ...answer];
    expect(ids).toHaveLength(1 + 2 * 64);
    expect(ids[0]).toBe(0);
    const copy = ids.slice(1, 65);
    expect(ids.slice(65)).toEqual(copy);
    expect(new Set(copy).size).toBe(64);
    expect(copy.every((id) => shipped.bytes(id).length > 0)).toBe(true);
  });

  it('shortens to what a small context allows', () => {
    const task = findTask('repeat');
    const { prompt, answer } = task.make(contextOf(shipped, 31), readTaskParameters(task, {}), createPrng(1));
    expect(prompt.length + answer.length).toBe(1 + 2 * 15);
  });

  it('asks for copies that repeats are told by', () => {
    const task = findTask('repeat');
    expect(() => readTaskParameters(task, { period: 3 })).toThrow('period');
    expect(task.unavailable(contextOf(shipped, 8))).toMatch(/too small/);
    expect(task.unavailable(contextOf(shipped, 9))).toBeNull();
  });

  it('works without a tokenizer, where the tasks of text say why they do not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'headscope-tasks-'));
    const bare = contextOf(await openTokenizer(folder, { vocabSize: 50, bosId: null }));
    await rm(folder, { recursive: true });
    const open = tasks.filter((task) => task.unavailable(bare) === null);
    expect(open.map(({ info }) => info.id)).toEqual(['repeat']);
    expect(findTask('needle').unavailable(bare)).toContain('no tokenizer.json');
  });
});

describe('file', () => {
  const context = contextOf(shipped);
  const ids = (text: string): number[] => (shipped.available ? [...shipped.encode(text, { bos: false }).ids] : []);

  it('joins prompt, question and answer, and tells where the question begins', () => {
    const sample = fileSample(context, { prompt: 'A door.', question: ' Which door?', answer: ' That.' }, 0);
    expect(textOf(shipped, sample.prompt.subarray(1))).toBe('A door. Which door?');
    expect(sample.questionStart).toBe(1 + ids('A door.').length);
    expect(fileSample(context, { prompt: [5, 6], question: [7], answer: [8] }, 0)).toEqual({
      prompt: Int32Array.of(5, 6, 7),
      answer: Int32Array.of(8),
      answerSpan: null,
      questionStart: 2,
    });
  });

  it('has no question where none is given, and refuses ids that there are not', () => {
    expect(fileSample(context, { prompt: 'A door.', answer: ' That.' }, 0).questionStart).toBeNull();
    const outside = { prompt: [5], question: [2048], answer: [8] };
    expect(() => fileSample(context, outside, 1)).toThrow('Sample 2: token id 2048 is outside the vocabulary.');
  });
});

describe('the registry', () => {
  it('says why there is no question where there is none', () => {
    for (const { info, noQuestion } of tasks) {
      expect(draw(shipped, info.id, {}, 3).questionStart === null, info.id).toBe(noQuestion !== undefined);
    }
  });

  it('gives the same sample for the same seed and another for another', () => {
    for (const { info } of tasks) {
      expect(draw(shipped, info.id, {}, 3)).toEqual(draw(shipped, info.id, {}, 3));
      expect(draw(shipped, info.id, {}, 3)).not.toEqual(draw(shipped, info.id, {}, 4));
    }
  });

  it('names what it has where something unknown is asked for', () => {
    expect(() => findTask('nedle')).toThrow('There is no task “nedle”.');
    expect(() => readTaskParameters(findTask('needle'), { dept: 1 })).toThrow('no parameter “dept”');
    expect(() => readTaskParameters(findTask('needle'), { depth: 1.5 })).toThrow('depth 1.5 cannot be used');
    expect(() => readTaskParameters(findTask('needle'), { facts: 2.5 })).toThrow('facts 2.5');
  });
});
