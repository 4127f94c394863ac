import { describe, expect, it } from 'vitest';
import { printedLine } from '../testing/printed.ts';
import type { TaskUnderMethod } from './task-under-method.ts';

const printed = (json: boolean, ...words: readonly string[]) =>
  printedLine(json, 'task', 'needle', '--model', 'demo', '--samples', '3', ...words);

describe('headscope task --method', () => {
  it('has the cells of the task, each under the method', async () => {
    const grid = ['--lengths', '96,128', '--depths', '0,1', '--facts', '1'];
    const window = ['--method', 'sink-window', '--budget', '24', '--method-param', 'sink=2'];
    const result = JSON.parse(await printed(true, ...grid, ...window)) as TaskUnderMethod;
    expect(result).toMatchObject({ task: 'needle', method: 'sink-window', budget: 24, question: 'unseen' });
    expect(result.params).toMatchObject({ sink: 2, window: 22 });
    expect(result.cells.map(({ length, depth, n }) => [length, depth, n])).toEqual([
      [96, 0, 3],
      [96, 1, 3],
      [128, 0, 3],
      [128, 1, 3],
    ]);
    const dense = JSON.parse(await printed(true, ...grid, '--method', 'dense')) as TaskUnderMethod;
    const plain = JSON.parse(await printed(true, ...grid)) as TaskUnderMethod;
    expect(dense.cells).toEqual(plain.cells);
    expect(dense.mean).toBe(plain.mean);
    // What stands at the beginning is out of the window.
    expect(result.cells[0]!.accuracy).toBeLessThan(dense.cells[0]!.accuracy);
    const text = await printed(false, '--lengths', '96', '--facts', '1', '--method', 'topk', '--budget', '25%');
    expect(text).toMatch(/^demo, task needle under topk with \d+ keys, question unseen: mean accuracy/);
  });

  it('refuses a method beside other changes, and its options alone', async () => {
    await expect(printed(true, '--method', 'topk', '--ablate', 'L0H0=zero')).rejects.toThrow('unchanged model');
    await expect(printed(true, '--method', 'topk', '--streaming', '4+64')).rejects.toThrow('unchanged model');
    await expect(printed(true, '--budget', '8')).rejects.toThrow('--budget belongs to a method');
  });
});
