import { expect, it } from 'vitest';
import { headNumberStep } from './head-number-step.ts';

it('keeps head numbers apart', () => {
  for (const pitch of [13, 18, 25, 40]) expect(headNumberStep(pitch, 64) * pitch).toBeGreaterThanOrEqual(17);
});
