// @vitest-environment node
import { expect, it } from 'vitest';
import type { KindEvidence } from '../../shared/model/head-kinds.ts';
import { evidenceText } from './evidence-text.ts';

const own: KindEvidence = {
  score: 'induction',
  value: 0.91,
  side: 'over',
  threshold: 0.35,
  floor: null,
  origin: undefined,
  prompts: undefined,
};

it('says which side of its threshold a value is on, and what uniform attention has', () => {
  expect(evidenceText(own, 'Induction')).toBe('Induction 0.910 > 0.350');
  expect(evidenceText({ ...own, side: 'at-least', floor: 0.25 }, 'Induction')).toBe(
    'Induction 0.910 ≥ 0.350, uniform 0.250',
  );
});

it('names the origin where it is not the prompt on screen, with the number of its prompts', () => {
  const probed = { ...own, value: 0.066, side: 'under', origin: 'Repeated random tokens', prompts: 10 } as const;
  expect(evidenceText(probed, 'Induction')).toBe('Induction 0.066 < 0.350 (Repeated random tokens, n 10)');
  expect(evidenceText({ ...own, origin: 'scores.json' }, 'Induction')).toBe('Induction 0.910 > 0.350 (scores.json)');
});
