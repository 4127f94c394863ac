// @vitest-environment node
import { expect, it } from 'vitest';
import { makeScoreInfo } from '../../shared/model/testing/score-table.ts';
import { costNote, costText } from './score-words.ts';

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
