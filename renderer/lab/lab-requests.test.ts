import { describe, expect, it } from 'vitest';
import type { Budget } from '../../shared/model/method.ts';
import { initialLab } from '../state/lab-state.ts';
import { FAKE_METHODS } from '../testing/fake-methods.ts';
import { choicesOf, labPrompt, ownChoices, planOf, taskRequest, type LabTokens } from './lab-requests.ts';

const { settings } = initialLab;

const tokensOf = (n: number, from = 0): LabTokens => ({
  ids: Int32Array.from({ length: n }, (_, at) => from + at),
  tokens: Array.from({ length: n }, (_, at) => ({
    id: from + at,
    display: `#${from + at}`,
    text: '',
    start: -1,
    end: -1,
    special: false,
  })),
});

describe('the prompt of the lab', () => {
  it('is context, question and answer; methods begin with the question', () => {
    const cut = labPrompt({ question: 'unseen', questionStart: 7 }, tokensOf(10), tokensOf(2, 100));
    expect(Array.from(cut.ids)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 100, 101]);
    expect(cut).toMatchObject({ questionStart: 7, answerStart: 10, promptLength: 7 });
    expect(cut.tokens.at(-1)!.display).toBe('#101');
  });

  it('begins with the answer where methods see the question, which therefore needs one', () => {
    const seen = { question: 'seen', questionStart: 7 } as const;
    expect(labPrompt(seen, tokensOf(10), tokensOf(1, 100))).toMatchObject({ questionStart: 7, promptLength: 10 });
    expect(() => labPrompt(seen, tokensOf(10), undefined)).toThrow(/measured on the answer/);
  });

  it('keeps the cut within the prompt', () => {
    const at = (questionStart: number | null) =>
      labPrompt({ question: 'unseen', questionStart }, tokensOf(8), undefined);
    expect(at(99)).toMatchObject({ promptLength: 7, answerStart: null });
    expect(at(0).promptLength).toBe(1);
    expect(at(null).promptLength).toBe(6);
    expect(() => labPrompt({ question: 'unseen', questionStart: null }, tokensOf(1), undefined)).toThrow(/one token/);
  });
});

describe('the plan', () => {
  const entries = [
    { method: 'snapkv', parameters: {}, budgets: null },
    { method: 'kivi', parameters: { bits: 4 }, budgets: null },
    { method: 'quest', parameters: {}, budgets: [{ keys: 8 }] },
  ];

  it('has the budgets of all, or a method’s own, or none where it takes none', () => {
    const plan = planOf({ entries, budgets: [{ share: 0.5 }, { share: 1 }] }, FAKE_METHODS);
    expect(plan.map(({ budgets }) => budgets)).toEqual([[{ share: 0.5 }, { share: 1 }], [], [{ keys: 8 }]]);
    expect(plan.flatMap(choicesOf)).toEqual([
      { method: 'snapkv', parameters: {}, budget: { share: 0.5 } },
      { method: 'snapkv', parameters: {}, budget: { share: 1 } },
      { method: 'kivi', parameters: { bits: 4 }, budget: null },
      { method: 'quest', parameters: {}, budget: { keys: 8 } },
    ]);
  });

  it('has each choice once, and nothing of an entry that has none of its own', () => {
    const quest = (parameters: Readonly<Record<string, number>>, own: readonly Budget[] | null) => ({
      method: 'quest',
      parameters,
      budgets: own,
    });
    const kivi = { method: 'kivi', parameters: {}, budgets: null };
    const list = [
      kivi,
      quest({}, null),
      { ...kivi, budgets: [{ keys: 1 }] },
      quest({}, [{ keys: 8 }, { share: 0.5 }]),
      quest({ page: 4 }, null),
      quest({}, null),
    ];
    const settings = { entries: list, budgets: [{ share: 0.5 }, { share: 0.5 }] };
    expect(ownChoices(settings, FAKE_METHODS).map(({ length }) => length)).toEqual([1, 1, 0, 1, 1, 0]);
    expect(planOf(settings, FAKE_METHODS).map(({ entry, budgets }) => [entry.method, budgets])).toEqual([
      ['kivi', []],
      ['quest', [{ share: 0.5 }]],
      ['quest', [{ keys: 8 }]],
      ['quest', [{ share: 0.5 }]],
    ]);
  });

  it('says what it cannot be made of', () => {
    expect(() => planOf({ entries: [], budgets: [] }, FAKE_METHODS)).toThrow(/no method on the list/);
    const unknown = [{ method: 'nothing', parameters: {}, budgets: null }];
    expect(() => planOf({ entries: unknown, budgets: [] }, FAKE_METHODS)).toThrow(/no method nothing/);
  });
});

describe('the request of a task', () => {
  const task = {
    id: 'needle',
    parameters: [{ id: 'length', max: 1e6 }],
  } as unknown as Parameters<typeof taskRequest>[2];

  it('takes the longest length that the model reads, and no depths where the task has none', () => {
    const request = taskRequest(settings, FAKE_METHODS, task, { context: 1024 });
    expect(request).toMatchObject({
      task: 'needle',
      lengths: [1024],
      depths: [],
      fidelity: 'F3',
      questions: ['unseen'],
    });
    expect(request.choices).toHaveLength(1 + 5 * 4);
  });

  it('keeps lengths that were given, and wants a view of the question', () => {
    const own = { ...settings, task: { ...settings.task, lengths: [64, 128] } };
    expect(taskRequest(own, FAKE_METHODS, task, { context: 1024 }).lengths).toEqual([64, 128]);
    const none = { ...settings, task: { ...settings.task, questions: [] } };
    expect(() => taskRequest(none, FAKE_METHODS, task, { context: 1024 })).toThrow(/whether methods see the question/);
  });
});
