// @vitest-environment node
import { expect, it } from 'vitest';
import { jobText } from './job-text.ts';

it('says what is computed, how far it is, and how long it will take where that is known', () => {
  const progress = { phase: 'Prompt 3 of 20', done: 2, total: 20, etaMs: 5000 };
  expect(jobText({ name: 'Needle', progress: undefined })).toBe('Needle: starting');
  expect(jobText({ name: 'Needle', progress })).toMatch(/^Needle: Prompt 3 of 20, about 5.* left$/);
  expect(jobText({ name: 'Needle', progress: { ...progress, etaMs: null } })).toBe('Needle: Prompt 3 of 20');
});
