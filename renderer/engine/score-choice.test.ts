// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { makeScoreInfo } from '../../shared/model/testing/score-table.ts';
import { furtherChoice, parametersText, weightsChoice } from './score-choice.ts';

const list = [
  makeScoreInfo('entropy'),
  makeScoreInfo('top-p'),
  makeScoreInfo('streaming', { cost: 'pass' }),
  makeScoreInfo('retrieval', { cost: 'pass', data: 'needle' }),
  makeScoreInfo('streaming-kl', { cost: 'forwards' }),
  makeScoreInfo('ov-copying', { cost: 'weights', data: 'weights' }),
];

describe('what the engine is asked for', () => {
  it('of a run is what costs another pass, and what has other parameters', () => {
    expect(furtherChoice({ list, parameters: {} })).toEqual({ scores: ['streaming'], scoreParameters: {} });
    const parameters = { 'top-p': { share: 0.8 }, streaming: { sink: 8 }, 'streaming-kl': { sink: 8 }, entropy: {} };
    expect(furtherChoice({ list, parameters })).toEqual({
      scores: ['top-p', 'streaming'],
      scoreParameters: { 'top-p': { share: 0.8 }, streaming: { sink: 8 } },
    });
  });

  it('of the weights is what needs nothing else', () => {
    expect(weightsChoice({ list, parameters: {} })).toEqual({ scores: ['ov-copying'], scoreParameters: {} });
  });

  it('does not depend on the order in which parameters were set', () => {
    expect(parametersText({ a: 1, b: 2 })).toBe(parametersText({ b: 2, a: 1 }));
    expect(parametersText(undefined)).toBe(parametersText({}));
  });
});
