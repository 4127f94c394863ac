// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { makeScoreInfo } from '../../shared/model/testing/score-table.ts';
import { initialScores } from '../state/scores-state.ts';
import { probeRequest, readItems } from './probe-request.ts';

const probe = {
  id: 'repeat',
  name: 'Repeat',
  description: '',
  parameters: [{ id: 'length', meaning: '', default: 8, min: 1, max: 99, integer: true }],
  unavailable: null,
};

describe('what a probe set is asked with', () => {
  it('is what was set for it, and no more', () => {
    const settings = {
      ...initialScores.settings,
      parameters: { repeat: { length: 16, gone: 1 }, needle: { facts: 2 } },
      samples: 3,
      seed: 5,
    };
    const request = {
      task: 'repeat',
      parameters: { length: 16 },
      samples: 3,
      seed: 5,
      items: [],
      scoreParameters: {},
    };
    expect(probeRequest(probe, { ...initialScores, settings })).toEqual(request);
    expect(probeRequest(probe, { ...initialScores, settings: { ...settings, scores: ['entropy'] } })).toEqual({
      ...request,
      scores: ['entropy'],
    });
  });

  it('has the changed parameters of the scores that are asked for', () => {
    const list = [
      makeScoreInfo('retrieval', { cost: 'forwards', data: 'needle' }),
      makeScoreInfo('top-p'),
      makeScoreInfo('entropy'),
      makeScoreInfo('ov-copying', { cost: 'weights', data: 'weights' }),
    ];
    const parameters = {
      retrieval: { count: 1 },
      'top-p': { share: 0.8 },
      entropy: {},
      'ov-copying': { rank: 2 },
      gone: { count: 1 },
    };
    const scoreParameters = (scores: string[]) =>
      probeRequest(probe, { settings: { ...initialScores.settings, scores }, list, parameters }).scoreParameters;
    expect(scoreParameters([])).toEqual({ retrieval: { count: 1 }, 'top-p': { share: 0.8 } });
    expect(scoreParameters(['retrieval', 'entropy'])).toEqual({ retrieval: { count: 1 } });
  });

  it('are lines of a file, or the number of the line that is none', () => {
    expect(readItems('a.jsonl', '{"prompt":"x"}\n\n{"prompt":[1,2],"answer":"y"}\r\n')).toEqual([
      { prompt: 'x' },
      { prompt: [1, 2], answer: 'y' },
    ]);
    expect(() => readItems('a.jsonl', '{"prompt":"x"}\n{"text":"x"}')).toThrow('Line 2 of a.jsonl');
    expect(() => readItems('a.jsonl', 'x')).toThrow('Line 1 of a.jsonl');
  });
});
