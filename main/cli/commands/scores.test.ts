import { describe, expect, it } from 'vitest';
import { formatCsv, formatScores, type ScoresResult } from './scores.ts';

const result: ScoresResult = {
  model: 'demo',
  provider: 'cpu',
  task: 'needle',
  samples: 4,
  retrieval: { kept: 3, gate: 'the greedy answer is right' },
  scores: {
    retrieval: {
      badge: 'exact',
      granularity: 'head',
      values: [
        [0, 0.5],
        [1, 0.25],
      ],
    },
    sink: {
      badge: 'exact',
      granularity: 'head',
      values: [
        [0.1, 0.2],
        [0.3, 0.4],
      ],
    },
    induction: { badge: 'exact', granularity: 'head', values: null, reason: 'Needs a repeat.' },
  },
};

describe('formatScores', () => {
  it('has a row a head, says what was gated and why a score is missing', () => {
    const lines = formatScores(result).split('\n');
    expect(lines[0]).toBe('demo, task needle, 4 samples');
    expect(lines[1]).toBe('retrieval: 3 samples; gate: the greedy answer is right');
    expect(lines[3]).toMatch(/^Head +retrieval +sink$/);
    expect(lines[4]).toMatch(/^L0H0 +0\.0000 +0\.1000$/);
    expect(lines[7]).toMatch(/^L1H1 +0\.2500 +0\.4000$/);
    expect(lines[8]).toBe('induction: Needs a repeat.');
  });
});

describe('formatCsv', () => {
  it('has a line a head with full precision', () => {
    expect(formatCsv(result)).toBe('layer,head,retrieval,sink\n0,0,0,0.1\n0,1,0.5,0.2\n1,0,1,0.3\n1,1,0.25,0.4');
  });
});
