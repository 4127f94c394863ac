import { describe, expect, it } from 'vitest';
import { taskItem } from '../../../shared/contract/methods.ts';
import { formatTask, parseItems, readNumbers, readParameters, readStreaming } from './task.ts';

const badRequest = expect.objectContaining({ code: 'bad-request' }) as Error;

describe('readNumbers', () => {
  it('reads a list, or none', () => {
    expect(readNumbers('--depths', '0,0.5,1')).toEqual([0, 0.5, 1]);
    expect(readNumbers('--depths', undefined)).toEqual([]);
  });
  it.each(['', '1,', 'a', '1,b', 'Infinity'])('refuses %j', (text) => {
    expect(() => readNumbers('--lengths', text)).toThrow(badRequest);
  });
});

describe('readParameters', () => {
  it('reads name=value', () => expect(readParameters(['keys=9', 'depth=0.5'])).toEqual({ keys: 9, depth: 0.5 }));
  it.each(['keys', 'keys=', '=3', 'keys=x'])('refuses %j', (text) => {
    expect(() => readParameters([text])).toThrow(badRequest);
  });
});

describe('readStreaming', () => {
  it('reads sink+window and the groups that see everything', () => {
    expect(readStreaming('4+64', 'L1G0,L2G3')).toEqual({
      sink: 4,
      window: 64,
      full: [
        { layer: 1, kvHead: 0 },
        { layer: 2, kvHead: 3 },
      ],
    });
    expect(readStreaming('0+1', undefined)).toEqual({ sink: 0, window: 1, full: [] });
    expect(readStreaming(undefined, undefined)).toBeNull();
  });
  it.each([
    ['4', undefined],
    ['4+0', undefined],
    ['4+64', 'L1H0'],
    [undefined, 'L1G0'],
  ])('refuses %j with %j', (text, full) => {
    expect(() => readStreaming(text, full)).toThrow(badRequest);
  });
});

describe('parseItems', () => {
  const parse = (text: string) => parseItems(text, taskItem, 'Write one.');
  it('reads texts and ids, and skips empty lines', () => {
    expect(parse('{"prompt":"a","answer":" b"}\n\n{"prompt":[1,2],"answer":[3]}\n')).toEqual([
      { prompt: 'a', answer: ' b' },
      { prompt: [1, 2], answer: [3] },
    ]);
  });
  it('names the line that does not fit', () => {
    expect(() => parse('{"prompt":"a","answer":"b"}\nnonsense')).toThrow('Line 2 is not JSON.');
    expect(() => parse('\n\n{"prompt":"a"}')).toThrow('Line 3 has not the fields that can be used.');
    expect(() => parse('{"prompt":"","answer":"b"}')).toThrow('Line 1');
    expect(() => parse('{"prompt":[-1],"answer":"b"}')).toThrow('Line 1');
  });
});

describe('formatTask', () => {
  const cell = (length: number | null, depth: number | null, accuracy: number) => ({
    length,
    depth,
    accuracy,
    low: accuracy / 2,
    high: 1,
    n: 4,
  });

  it('has lengths down and depths across', () => {
    const cells = [cell(128, 0, 0.5), cell(128, 1, 1), cell(256, 0, 0.25), cell(256, 1, 0)];
    const lines = formatTask({ model: 'demo', task: 'needle', parameters: {}, mean: 0.4375, cells }).split('\n');
    expect(lines[0]).toBe('demo, task needle: mean accuracy 0.438, 4 samples a cell, 95 % interval');
    expect(lines[2]).toMatch(/^Length +Depth 0 +Depth 1$/);
    expect(lines[3]).toMatch(/^ +128 +0\.50 \[0\.25, 1\.00\] +1\.00 \[0\.50, 1\.00\]$/);
    expect(lines[4]).toMatch(/^ +256 /);
  });

  it('is one figure for a task without a grid', () => {
    const text = formatTask({ model: 'm', task: 'recall', parameters: {}, mean: 0.5, cells: [cell(null, null, 0.5)] });
    expect(text).toMatch(/Accuracy\n +0\.50 \[0\.25, 1\.00\]$/);
  });
});
