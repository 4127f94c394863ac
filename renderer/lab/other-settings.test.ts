import { expect, it } from 'vitest';
import type { Budget } from '../../shared/model/method.ts';
import { otherSettings, type MadeWith } from './other-settings.ts';

const quest = (budget: Budget | null, page = 4) => ({ method: 'quest', parameters: { page }, budget });
const made: MadeWith = {
  choices: [quest({ share: 0.5 }), quest({ keys: 8 }), { method: 'dense', parameters: {}, budget: null }],
  questions: ['unseen'],
  fidelity: 'F2',
};

it('names what is set otherwise, and nothing where only the order is another one', () => {
  expect(otherSettings(made, { ...made, choices: [...made.choices].reverse() })).toBeUndefined();
  const [half, eight, dense] = made.choices;
  expect(otherSettings(made, { ...made, choices: [half!, quest({ keys: 9 }), dense!] })).toBe('budgets');
  expect(otherSettings(made, { ...made, choices: [half!, eight!] })).toBe('methods');
  expect(otherSettings(made, { ...made, choices: [half!, eight!, dense!, quest(null, 8)] })).toBe('methods');
  expect(otherSettings(made, { ...made, choices: [half!], fidelity: 'F1' })).toBe('methods, budgets and fidelity');
  expect(otherSettings(made, { ...made, questions: ['unseen', 'seen'] })).toBe('views of the question');
});
