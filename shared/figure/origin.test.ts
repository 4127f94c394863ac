import { expect, it } from 'vitest';
import { zeroHead } from '../model/intervention.ts';
import type { RunSummary } from '../model/run.ts';
import { interventionsText, originOf } from './origin.ts';

const clean: RunSummary = {
  runId: 'r1',
  modelId: 'm',
  ids: Int32Array.of(1),
  tokens: [],
  interventions: [],
  computedFrom: 0,
  next: [],
  nll: new Float32Array(1),
  cutTokens: 0,
  badges: ['exact'],
  provider: 'cpu',
  milliseconds: 1,
  captureBytes: 1,
};
const changed: RunSummary = { ...clean, runId: 'r2', interventions: [zeroHead({ layer: 2, head: 5 })] };

it('names the interventions, and the final norm where it is frozen', () => {
  expect(interventionsText(originOf([clean]))).toBe('');
  expect(interventionsText(originOf([clean, changed]))).toBe('Interventions: L2H5=zero.');
  const frozen = originOf([clean, { ...changed, finalNorm: 'frozen' }]);
  expect(interventionsText(frozen)).toBe('Interventions: L2H5=zero; final norm frozen.');
});
