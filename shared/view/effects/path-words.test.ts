import { expect, it } from 'vitest';
import { straightText } from './path-words.ts';

it('says what reaches the logits straight: what comes back, or what is lost', () => {
  expect(straightText({ direction: 'denoise', logits: 0.25 })).toBe('straight to the logits: 0.250 recovered');
  expect(straightText({ direction: 'noise', logits: 0.75 })).toBe('straight to the logits: 0.250 lost');
});
