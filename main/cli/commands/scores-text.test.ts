import { describe, expect, it } from 'vitest';
import type { ScoresResult } from './scores-result.ts';
import { formatCsv, formatScoreList, formatScores } from './scores-text.ts';
import { makeScoreInfo } from '../../../shared/model/testing/score-table.ts';

const score = (...values: number[][]) => ({ badge: 'exact', granularity: 'head', unit: 'probability', values });
const REASON = 'Needs a repeat.';
const missing = { badge: 'exact', granularity: 'head', unit: 'probability', values: null, reason: REASON };
const result: ScoresResult = {
  model: 'demo',
  provider: 'cpu',
  task: 'needle',
  samples: 4,
  retrieval: { kept: 3, gate: 'the greedy answer is right' },
  scores: {
    retrieval: {
      ...score([0, 0.5], [1, 0.25]),
      n: 3,
      deviation: [
        [0, 0.1],
        [0, 0.2],
      ],
      low: [
        [0, 0.4],
        [1, 0.125],
      ],
      high: [
        [0, 0.625],
        [1, 0.375],
      ],
    },
    sink: { ...score([0.1, 0.2], [0.3, NaN]), floor: 0.0731 },
    induction: missing,
    duplicate: missing,
  },
};

describe('formatScores', () => {
  it('of few has a row a head, says what was gated and why a score is missing', () => {
    const lines = formatScores(result).split('\n');
    expect(lines[0]).toBe('demo, task needle, 4 samples');
    expect(lines[1]).toBe('retrieval: 3 samples; gate: the greedy answer is right');
    expect(lines[3]).toMatch(/^Head +retrieval +sink$/);
    expect(lines[4]).toMatch(/^L0H0 +0\.0000 \[0\.0000, 0\.0000\] +0\.1000$/);
    expect(lines[7]).toMatch(/^L1H1 +0\.2500 \[0\.1250, 0\.3750\] +-$/);
    expect(lines[8]).toBe('induction, duplicate: Needs a repeat.');
  });

  it('has no interval of a head that has a value on one prompt', () => {
    const { retrieval } = result.scores;
    const none = [
      [NaN, NaN],
      [NaN, NaN],
    ];
    const lines = formatScores({ ...result, scores: { retrieval: { ...retrieval!, low: none, high: none } } });
    expect(lines).toMatch(/^L1H1 +0\.2500 \(n 1\)$/m);
    const once = formatScores({ ...result, scores: { retrieval: { ...retrieval!, n: 1 } } });
    expect(once).toMatch(/^L1H1 +0\.2500 \(n 1\)$/m);
  });

  it('of many has a row a score with its highest heads', () => {
    const others = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((id, i) => [id, score([i, 0], [-1, 1000])]));
    const lines = formatScores({ ...result, scores: { ...result.scores, ...others } }).split('\n');
    expect(lines[3]).toMatch(/^Score +Badge +n +Uniform +Highest heads$/);
    expect(lines[4]).toMatch(/^retrieval +exact +3 +L1H0 1 {2}L0H1 0\.5 {2}L1H1 0\.25$/);
    expect(lines[5]).toMatch(/^sink +exact +0\.0731 +L1H0 0\.3 {2}L0H1 0\.2 {2}L0H0 0\.1$/);
    expect(lines[8]).toMatch(/^c +exact +L1H1 1000 {2}L0H0 2 {2}L1H0 -1$/);
  });
});

describe('formatCsv', () => {
  it('has a line a head with full precision, and the spread beside its score', () => {
    expect(formatCsv(result).split('\n')).toEqual([
      'layer,head,retrieval,retrieval_deviation,retrieval_low,retrieval_high,sink',
      '0,0,0,0,0,0,0.1',
      '0,1,0.5,0.1,0.4,0.625,0.2',
      '1,0,1,0,1,1,0.3',
      '1,1,0.25,0.2,0.125,0.375,',
    ]);
  });

  it('has no text that a spreadsheet would take for a formula', () => {
    const scores = { '=cmd()': score([-1]) };
    expect(formatCsv({ ...result, scores })).toBe("layer,head,'=cmd()\n0,0,-1");
  });
});

describe('formatScoreList', () => {
  it('says what every score needs, and which probe sets there are', () => {
    const parameter = { name: '', meaning: '', min: 0, max: 9, integer: true };
    const scores = [
      makeScoreInfo('streaming', {
        group: 'streaming',
        cost: 'pass',
        parameters: [
          { ...parameter, id: 'sink', default: 4 },
          { ...parameter, id: 'window', default: null },
        ],
      }),
    ];
    const probes = [{ id: 'prose', name: '', description: '', parameters: [], unavailable: 'It has no tokenizer.' }];
    const lines = formatScoreList(scores, probes).split('\n');
    expect(lines[1]).toMatch(/^streaming +streaming +text +pass +exact +head +sink=4 window=auto$/);
    expect(lines.at(-1)).toMatch(/^prose +It has no tokenizer\.$/);
  });
});
