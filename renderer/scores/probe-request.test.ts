// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { probeItem } from '../../shared/contract/methods.ts';
import { makeScoreInfo } from '../../shared/model/testing/score-table.ts';
import { initialScores } from '../state/scores-state.ts';
import { probeRequest, readItems } from './probe-request.ts';

const probe = {
  id: 'repeat',
  name: 'Repeat',
  description: '',
  parameters: [{ id: 'length', name: 'Length', meaning: '', default: 8, min: 1, max: 99, integer: true }],
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

  it.each([
    ['[1]', 'is no JSON object'],
    ['null', 'is no JSON object'],
    ['{"text":"x"}', 'has no "prompt"'],
    ['{"prompt":5}', 'has a "prompt"'],
    ['{"prompt":""}', 'has a "prompt"'],
    ['{"prompt":[]}', 'has a "prompt"'],
    ['{"prompt":[1.5]}', 'has a "prompt"'],
    ['{"prompt":"x","answer":[-1]}', 'has an "answer"'],
    ['{"prompt":"x","answer":null}', 'has an "answer"'],
    ['{"prompt":"x","choices":["a"]}', 'has "choices"'],
    ['{"prompt":"x","choices":["a",""]}', 'has "choices"'],
    ['{"prompt":"x","choices":["a","b"],"correct":-1}', 'has a "correct"'],
  ])('are refused by line where the engine would refuse them: %s', (line, wrong) => {
    expect(probeItem.safeParse(JSON.parse(line)).success).toBe(false);
    expect(() => readItems('a.jsonl', `{"prompt":"x"}\n${line}`)).toThrow(`Line 2 of a.jsonl ${wrong}`);
  });

  it('are taken where the engine takes them, up to as many as it takes', () => {
    const items = [
      { prompt: 'x', answer: [0, 1] },
      { prompt: [3], choices: ['a', [2]], correct: 1 },
    ];
    expect(items.every((item) => probeItem.safeParse(item).success)).toBe(true);
    expect(readItems('a.jsonl', items.map((item) => JSON.stringify(item)).join('\n'))).toEqual(items);
    const line = '{"prompt":"x"}\n';
    expect(readItems('a.jsonl', line.repeat(10_000))).toHaveLength(10_000);
    expect(() => readItems('a.jsonl', line.repeat(10_001))).toThrow('a.jsonl has 10,001 prompts');
  });
});
