import { expect, it } from 'vitest';
import { makeScoreInfo } from '../model/testing/score-table.ts';
import { usedText } from './used-parameters.ts';

it('calls parameters and what was chosen by their names', () => {
  const bounds = { meaning: '', default: 0, min: 0, max: 1000, integer: true };
  const info = makeScoreInfo('retrieval', {
    parameters: [
      { id: 'count', name: 'Count', ...bounds, choices: ['unique positions', 'events'] },
      { id: 'sink', name: 'Sink keys', ...bounds },
      { id: 'share', name: 'Share', ...bounds, integer: false },
    ],
  });
  expect(usedText({ info, parameters: { count: 0, sink: 8, share: 0.5, other: 2000 } })).toBe(
    'Count unique positions, Sink keys 8, Share 0.500, other 2,000',
  );
  expect(usedText({ info, parameters: { count: 1 } })).toBe('Count events');
});
