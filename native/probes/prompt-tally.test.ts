import { describe, expect, it } from 'vitest';
import type { Progress } from '../../shared/contract/methods.ts';
import { PromptTally } from './prompt-tally.ts';

function told(tokens: readonly number[], from: number, work: (tally: PromptTally) => void): Progress[] {
  const progress: Progress[] = [];
  const job = { signal: new AbortController().signal, progress: (each: Progress) => void progress.push(each) };
  work(new PromptTally(job, tokens, from));
  return progress;
}

describe('PromptTally', () => {
  it('counts prompts in words and tokens in numbers, from where it goes on', () => {
    const progress = told([10, 30, 60], 1, (tally) => {
      tally.pass();
      tally.pass();
    });
    expect(progress.map(({ phase }) => phase)).toEqual(['Prompt 2 of 3', 'Prompt 3 of 3', 'Prompt 3 of 3']);
    expect(progress.map(({ done }) => done)).toEqual([10, 40, 100]);
    expect(progress.every(({ total }) => total === 100)).toBe(true);
  });

  it('moves within a prompt and never back', () => {
    const progress = told([10, 20], 0, (tally) => {
      const [short, long] = tally.within([1, 3]);
      for (const done of [1, 4, 1]) short!.progress({ phase: 'Layer', done, total: 4, etaMs: null });
      long!.progress({ phase: 'Layer', done: 1, total: 3, etaMs: null });
      tally.pass();
    });
    expect(progress.map(({ done }) => done)).toEqual([0, 0.625, 2.5, 2.5, 5, 10]);
    expect(progress.at(-1)!.phase).toBe('Prompt 2 of 2');
  });
});
