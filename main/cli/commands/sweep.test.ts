/** The command against the shipped model. */
import { expect, describe, it } from 'vitest';
import { createConsole } from '../console.ts';
import { runAblate, type AblateResult } from './ablate.ts';
import type { SweepOptions } from './sweep-options.ts';
import { readChange, runSweep, type SweepResult } from './sweep.ts';

const TEXT = 'The old man stood at the door of the house. The old man stood at the door of the house.';
const HEADS = 48;

/** What it prints on standard output. */
async function printed(options: Omit<SweepOptions, 'model'>, json: boolean): Promise<string> {
  let out = '';
  await runSweep(
    consoleInto(json, (text) => (out += text)),
    { model: 'demo', ...options },
  );
  return out;
}

function consoleInto(json: boolean, write: (text: string) => unknown) {
  return createConsole(json, { out: { write }, err: { write: () => undefined }, setExitCode: () => undefined });
}

const swept = async (options: Omit<SweepOptions, 'model'>) => JSON.parse(await printed(options, true)) as SweepResult;
const badRequest = expect.objectContaining({ code: 'bad-request' }) as Error;

describe('headscope sweep', () => {
  it('ranks every head by its effect, and says what it took beside as many whole runs', async () => {
    const result = await swept({ text: TEXT, mode: 'zero', metric: 'nll' });
    expect(result).toMatchObject({ change: 'zero', places: 'head', metric: 'nll', on: [] });
    const { ranking, work, target } = result;
    expect(ranking).toHaveLength(HEADS);
    expect(new Set(ranking.map(({ place }) => place)).size).toBe(HEADS);
    ranking.slice(1).forEach(({ nll }, at) => expect(Math.abs(nll)).toBeLessThanOrEqual(Math.abs(ranking[at]!.nll)));
    expect(work.forwards).toBe(HEADS);
    expect(work.flopBound).toBeGreaterThan(1.4);
    expect(work.ratio).toBeCloseTo((HEADS * work.runMilliseconds) / work.milliseconds, 6);
    expect(target.difference).toBeGreaterThanOrEqual(0);
    // The same as the head alone.
    let alone = '';
    const set = `${ranking[0]!.place}=zero`;
    await runAblate(
      consoleInto(true, (part) => (alone += part)),
      { model: 'demo', text: TEXT, set },
    );
    const { meanNllDelta } = JSON.parse(alone) as AblateResult;
    expect(ranking[0]!.nll).toBeCloseTo(meanNllDelta, 6);
  });

  it('ranks the rest on top of what is changed, at groups and layers', async () => {
    const groups = await swept({ text: TEXT, mode: 'drop-keys#0:2', places: 'kv-group', ablate: 'L0H5=zero' });
    expect(groups).toMatchObject({ change: 'drop-keys#0:2', on: ['L0H5=zero'] });
    expect(groups.ranking).toHaveLength(24);
    expect(groups.ranking.every(({ place }) => /^L\dKV\d$/.test(place))).toBe(true);
    const layers = await swept({ text: TEXT, mode: 'uniform', places: 'layer', position: 3 });
    expect(layers.ranking.map(({ place }) => place).sort()).toEqual(['L0', 'L1', 'L2', 'L3', 'L4', 'L5']);
    expect(layers.target.position).toBe(3);
  });

  it('is a table for people', async () => {
    const text = await printed({ text: TEXT, mode: 'scale:0', top: 3 }, false);
    expect(text).toContain('scale:0 at every head alone; final norm recomputed');
    expect(text).toContain('\nand 45 more\n');
    const experiment = await printed({ text: TEXT, mode: 'sigmoid@90:99', places: 'layer' }, false);
    expect(experiment).toContain('\nSigmoid: The model was not trained with it: an experiment.\n');
    expect(experiment).toContain('\nSigmoid: there is nothing at 90:99 in a prompt of ');
    expect(text).toMatch(
      /48 forwards in [\d.]+ s: [\d.]+ x as fast as as many whole runs of \d+ ms; by operations alone/,
    );
  });

  it('reads changes, and refuses what there is none of', async () => {
    expect(readChange('streaming:1:4@2:9', 'head')).toEqual({
      what: 'streaming',
      parameters: { sink: 1, window: 4 },
      rows: [{ start: 2, end: 9 }],
    });
    expect(readChange('zero', 'layer')).toEqual({ what: 'zero' });
    expect(() => readChange('residual', 'head')).toThrow(badRequest);
    await expect(swept({ text: TEXT, mode: 'zero', places: 'row' })).rejects.toThrow('There is no place “row”.');
    await expect(swept({ text: TEXT, mode: 'zero', metric: 'loss' })).rejects.toThrow('There is no metric “loss”.');
    await expect(swept({ text: TEXT, mode: 'zero', position: 999 })).rejects.toThrow('There is no position 999.');
  });
});
