import { describe, expect, it } from 'vitest';
import { emptyHistory, recordStep, redoStep, undoStep, type History } from './history.ts';

describe('history', () => {
  it('goes back and forth', () => {
    let history: History<string> = recordStep(emptyHistory, 'a');
    history = recordStep(history, 'b');
    const back = undoStep(history, 'c');
    expect(back?.value).toBe('b');
    const again = undoStep(back!.history, 'b');
    expect(again?.value).toBe('a');
    expect(undoStep(again!.history, 'a')).toBeUndefined();
    const forth = redoStep(again!.history, 'a');
    expect(forth?.value).toBe('b');
    expect(redoStep(forth!.history, 'b')?.value).toBe('c');
  });

  it('merges steps with the same key, but not across another', () => {
    let history: History<number> = recordStep(emptyHistory, 1, 'drag');
    history = recordStep(history, 2, 'drag');
    expect(history.past.map(({ before }) => before)).toEqual([1]);
    history = recordStep(history, 3);
    history = recordStep(history, 4, 'drag');
    expect(history.past.map(({ before }) => before)).toEqual([1, 3, 4]);
  });

  it('forgets what was undone once something new is done', () => {
    const back = undoStep(recordStep(emptyHistory as History<string>, 'a'), 'b');
    expect(redoStep(recordStep(back!.history, 'a'), 'c')).toBeUndefined();
  });

  it('keeps a bounded number of steps', () => {
    let history: History<number> = emptyHistory;
    for (let i = 0; i < 500; i++) history = recordStep(history, i);
    expect(history.past).toHaveLength(200);
    expect(history.past.at(-1)?.before).toBe(499);
  });
});
