// @vitest-environment node
import { expect, it } from 'vitest';
import { initialLab, type LabSettings } from './lab-state.ts';
import { readLabSettings } from './read-lab-settings.ts';

const { settings: first } = initialLab;

it('reads what was set, but for what belongs to a prompt', () => {
  const settings: LabSettings = {
    ...first,
    entries: [
      { method: 'quest', parameters: { page: 8 }, budgets: [{ keys: 64 }] },
      { method: 'kivi', parameters: {}, budgets: null },
    ],
    budgets: [{ share: 0.3 }],
    questionStart: 12,
    answer: ' copper',
    answerFrom: 'generated',
    question: 'seen',
    fidelity: 'F3',
    maxTokens: 5,
    cost: 'resident',
    measure: 'kl',
    logCost: true,
    task: { ...first.task, lengths: [256], depths: [], samples: 3, seed: 9, questions: ['seen'], fidelity: 'F2' },
  };
  const read = readLabSettings(JSON.parse(JSON.stringify(settings)));
  expect(read).toEqual({ ...settings, questionStart: null, answer: '', answerFrom: 'typed' });
});

it.each([
  { entries: [{ method: 'no such thing!', parameters: {}, budgets: null }] },
  { entries: [{ method: 'quest', parameters: { page: 'x' }, budgets: null }] },
  { entries: [{ method: 'quest', parameters: {}, budgets: [{ share: 2 }] }] },
  { budgets: [{ share: 0 }] },
  { budgets: [{ keys: 1.5 }] },
  { budgets: Array.from({ length: 65 }, () => ({ keys: 1 })) },
  { fidelity: 'F4', question: 1, maxTokens: 0, cost: 'x', measure: 'ratio', logCost: 1 },
  { task: { task: '../x', lengths: [0], depths: [2], samples: 0, seed: -1, questions: [], fidelity: 'F9' } },
])('falls back to the first settings where one is none: %j', (stored) => {
  expect(readLabSettings(stored)).toEqual(first);
});
