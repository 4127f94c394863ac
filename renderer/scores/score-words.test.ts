// @vitest-environment node
import { expect, it } from 'vitest';
import { makeScoreInfo } from '../../shared/model/testing/score-table.ts';
import { costNote, costText, usedText } from './score-words.ts';

it('says of answers and questions that they are decoded or run once for all heads', () => {
  const retrieval = makeScoreInfo('retrieval', { cost: 'forwards', data: 'needle' });
  const choice = makeScoreInfo('choice-qk', { cost: 'run', data: 'choices' });
  const kl = makeScoreInfo('streaming-kl', { cost: 'forwards' });
  expect([retrieval, choice, kl].map(costText)).toEqual([
    'decoding the answer, once a prompt for all heads',
    'one forward a question, for all heads',
    'at least one more forward a head',
  ]);
  expect([retrieval, choice, kl, makeScoreInfo('entropy')].map(costNote)).toEqual([
    'decodes answers',
    'needs choices',
    'costs forwards for each head',
    undefined,
  ]);
});

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
