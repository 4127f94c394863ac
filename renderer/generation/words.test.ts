// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { zeroHead } from '../../shared/model/intervention.ts';
import { initialSettings, type GeneratedLine } from '../state/generation-state.ts';
import { howChosen, pace, whyEnded, withInterventions } from './words.ts';

const empty: GeneratedLine = { promptTokens: 3, tokens: [], text: '', milliseconds: 0, end: undefined };
const token = { id: 1, display: 'a', text: 'a', prob: 1, top: [] };

describe('words of a generation', () => {
  it('name the interventions', () => {
    const zero = zeroHead({ layer: 2, head: 3 });
    const half = { what: 'scale', where: { layer: 0, head: 1 }, factor: 0.5 } as const;
    expect(withInterventions([])).toBe('');
    expect(withInterventions([zero])).toBe('with L2H3 zeroed');
    expect(withInterventions([zero, half])).toBe('with L2H3 zeroed and L0H1 × 0.5');
    expect(withInterventions([zero, half, half])).toBe('with 3 interventions');
  });

  it('say how tokens are chosen', () => {
    expect(howChosen(initialSettings)).toBe('greedy');
    expect(howChosen({ ...initialSettings, stopAtEnd: false })).toBe('greedy, past end tokens');
    const sampled = { ...initialSettings, choice: 'sample', temperature: 0.8, topK: 40, topP: 0.9, seed: 3 } as const;
    expect(howChosen(sampled)).toBe('sampled at temperature 0.8, top 40, top-p 0.9, seed 3');
    expect(howChosen({ ...sampled, topK: undefined, topP: undefined })).toBe('sampled at temperature 0.8, seed 3');
  });

  it('say how fast it went', () => {
    expect(pace({ ...empty, tokens: [token, token], milliseconds: 500 })).toBe('2 tokens in 0.5 s, 4.0 tokens/s');
    expect(pace({ ...empty, tokens: Array(40).fill(token), milliseconds: 1000 })).toBe(
      '40 tokens in 1.0 s, 40 tokens/s',
    );
    expect(pace(empty)).toBe('0 tokens');
  });

  it('say why it ended, and tell an end at once from one after some tokens', () => {
    expect(whyEnded(empty, 1024)).toBe('');
    expect(whyEnded({ ...empty, end: 'context' }, 1024)).toBe(
      'The prompt fills the context of 1,024 tokens: there is no room for more.',
    );
    expect(whyEnded({ ...empty, end: 'context', tokens: [token] }, undefined)).toBe(
      'Ended because the context limit is full.',
    );
    const ends = ['length', 'end-token', 'stop-text', 'cancelled', 'interrupted'] as const;
    const sentences = ends.map((end) => whyEnded({ ...empty, tokens: [token], end }, 1024));
    expect(new Set(sentences).size).toBe(ends.length);
    expect(sentences.every((sentence) => sentence.endsWith('.'))).toBe(true);
  });
});
