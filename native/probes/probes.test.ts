import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createPrng } from '../../shared/base/prng.ts';
import { readTaskParameters, tasks } from '../tasks/index.ts';
import { readTaskData } from '../tasks/task-data.ts';
import type { TaskContext } from '../tasks/task.ts';
import { openTokenizer } from '../tokenizer/open-tokenizer.ts';
import { resolveBos, withBosPolicy } from './bos.ts';
import { fileProbeSample } from './file.ts';
import { listProbes, usableProbe } from './index.ts';

const resources = `${import.meta.dirname}/../../resources`;
const data = await readTaskData(join(resources, 'tasks'));
const tokenizer = await openTokenizer(join(resources, 'model'), { vocabSize: 2048, bosId: 0 });
const BOS = 0;
const idsOf = (text: string) => tokenizer.available && tokenizer.encode(text, { bos: false }).ids;

function contextOf(more: object = {}): TaskContext {
  const info = { bos: { id: BOS, text: '' }, bosByDefault: true, context: 1024, vocabSize: 2048, ...more };
  return { model: { info: info as TaskContext['model']['info'], tokenizer, endIds: [1] }, data };
}

function draw(id: string, given: Record<string, number> = {}, context = contextOf(), sample = 0): number[] {
  const probe = usableProbe(context, id);
  const { prompt, answer } = probe.make(context, readTaskParameters(probe, given), createPrng(7, sample));
  return [...prompt, ...answer];
}

describe('probe sets', () => {
  it('has every task, and controls', () => {
    const ids = listProbes(contextOf()).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(tasks.map(({ info }) => info.id)));
    expect(ids).toEqual(expect.arrayContaining(['prose', 'random', 'one-token', 'file']));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('random tokens are different ordinary ones after BOS', () => {
    const ids = draw('random', { length: 300 });
    expect(ids).toHaveLength(300);
    expect(ids[0]).toBe(BOS);
    expect(new Set(ids).size).toBe(300);
    expect(ids.slice(1).every((id) => tokenizer.bytes(id).length > 0)).toBe(true);
  });

  it('random tokens come again only where the vocabulary is used up', () => {
    const ids = draw('random', { length: 900, bos: 0 }, contextOf({ vocabSize: 400 }));
    expect(ids).toHaveLength(900);
    const counts = new Map<number, number>();
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
  });

  it('one token is repeated, another one in another sample', () => {
    const [bos, ...rest] = draw('one-token', { length: 40 });
    expect(bos).toBe(BOS);
    expect(rest).toHaveLength(39);
    expect(new Set(rest).size).toBe(1);
    expect(draw('one-token', {}, contextOf(), 1)[1]).not.toBe(rest[0]);
  });

  it('prose has its length and comes from the bundled text', () => {
    const ids = draw('prose', { length: 64 });
    expect(ids).toHaveLength(64);
    const bytes = ids.slice(1, 40).flatMap((id) => [...tokenizer.bytes(id)]);
    expect(data.prose).toContain(new TextDecoder().decode(Uint8Array.from(bytes)).trim());
  });

  it('repeats hold the same tokens twice', () => {
    const ids = draw('repeat');
    expect(ids).toHaveLength(129);
    expect(ids.slice(1, 65)).toEqual(ids.slice(65));
  });

  it('shrinks its default length to a small context', () => {
    expect(draw('random', {}, contextOf({ context: 32 }))).toHaveLength(32);
    expect(draw('prose', { length: 64 }, contextOf({ context: 32 }))).toHaveLength(64);
  });

  it.each(['repeat', 'random', 'one-token', 'prose', 'needle'])('%s puts BOS in front as it is told', (id) => {
    const bare = contextOf({ bosByDefault: false });
    expect(draw(id)[0]).toBe(BOS);
    expect(draw(id, { bos: 0 })[0]).not.toBe(BOS);
    expect(draw(id, {}, bare)[0]).not.toBe(BOS);
    expect(draw(id, { bos: 1 }, bare)).toEqual(draw(id));
  });

  it('says which BOS policy it used, and refuses BOS of a model without one', () => {
    expect(resolveBos(contextOf(), { bos: -1, length: 4 })).toEqual({ bos: 1, length: 4 });
    expect(resolveBos(contextOf({ bosByDefault: false }), {})).toEqual({ bos: 0 });
    const none = contextOf({ bos: null });
    expect(resolveBos(none, {})).toEqual({ bos: 0 });
    expect(() => resolveBos(none, { bos: 1 })).toThrow('This model has no BOS token.');
  });

  it('names what there is where something unknown is asked for', () => {
    expect(() => usableProbe(contextOf(), 'prise')).toThrow('There is no probe set “prise”.');
    const probe = usableProbe(contextOf(), 'random');
    expect(() => readTaskParameters(probe, { size: 3 }, 'probe set')).toThrow(
      'The probe set random has no parameter “size”.',
    );
  });
});

const textOf = (ids: Iterable<number>): string =>
  new TextDecoder().decode(Uint8Array.from([...ids].flatMap((id) => [...tokenizer.bytes(id)])));

describe('questions with choices', () => {
  it('ask for one of the facts, and know where their choices end', () => {
    const context = contextOf();
    const probe = usableProbe(context, 'choices');
    const correct = Array.from({ length: 20 }, (_, sample) => {
      const made = probe.make(context, readTaskParameters(probe, {}), createPrng(3, sample));
      const text = textOf(made.prompt);
      const name = /\nWhat do they call (\w+)\?\n/.exec(text)![1]!;
      const value = new RegExp(` They call ${name} ([a-z]+ [a-z]+)\\.`).exec(text)![1]!;
      const { ends, correct: right } = made.question!;
      expect(ends).toHaveLength(4);
      for (const end of ends) expect(textOf([made.prompt[end]!])).toBe('\n');
      const letter = 'ABCD'[right]!;
      expect(textOf(made.prompt.subarray(0, ends[right]))).toMatch(new RegExp(`\n${letter}\\. ${value}$`));
      expect(text).toMatch(/\nAnswer:$/);
      expect(textOf(made.answer)).toBe(` ${letter}`);
      return right;
    });
    expect(new Set(correct).size).toBe(4);
  });

  it('may be the user’s', () => {
    const item = { prompt: 'Which is a colour?', choices: ['lantern', 'blue', ' kettle'], correct: 1 };
    const { prompt, answer, question } = fileProbeSample(contextOf(), item, 0);
    expect(prompt[0]).toBe(BOS);
    expect(textOf(prompt.subarray(1)).trimStart()).toBe('Which is a colour?\nA. lantern\nB. blue\nC. kettle\nAnswer:');
    expect(textOf(answer)).toBe(' B');
    expect(question!.correct).toBe(1);
    expect(() => fileProbeSample(contextOf(), { ...item, correct: 3 }, 0)).toThrow('Question 1 of the file');
    expect(() => fileProbeSample(contextOf(), { ...item, correct: undefined }, 4)).toThrow('Question 5 of the file');
  });
});

describe('the user’s prompts', () => {
  it('find the needle where it stands once', () => {
    const sample = fileProbeSample(contextOf(), { prompt: [0, 300, 301, 302, 300], answer: [301, 302] }, 0);
    expect(sample.answerSpan).toEqual({ start: 2, end: 4 });
    expect([...sample.prompt]).toEqual([0, 300, 301, 302, 300]);
  });

  it('have none where the answer stands twice, nowhere, or is not given', () => {
    const span = (answer?: number[]) =>
      fileProbeSample(contextOf(), { prompt: [0, 300, 301, 300, 301], answer }, 0).answerSpan;
    expect(span([300, 301])).toBeNull();
    expect(span([301, 302])).toBeNull();
    expect(span()).toBeNull();
  });

  it('takes texts with BOS by the policy', () => {
    const text = { prompt: 'They call Walter silver lantern.' };
    const ids = [...(idsOf(text.prompt) || [])];
    expect([...fileProbeSample(contextOf(), text, 0).prompt]).toEqual([BOS, ...ids]);
    const bare = withBosPolicy(contextOf(), { bos: 0 });
    expect([...fileProbeSample(bare, text, 0).prompt]).toEqual(ids);
  });

  it('refuses what no model can be given', () => {
    expect(() => fileProbeSample(contextOf(), { prompt: [0, 9999] }, 3)).toThrow('Sample 4: token id 9999');
    expect(() => fileProbeSample(contextOf({ bos: null }), { prompt: '' }, 1)).toThrow('Prompt 2 of the file');
  });
});
