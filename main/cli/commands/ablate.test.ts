/** The command against the shipped model. */
import { describe, expect, it } from 'vitest';
import { INTERVENTION_KINDS } from '../../../shared/model/intervention-kinds/index.ts';
import { printed } from '../testing/printed.ts';
import type { AblateOptions } from './ablate-options.ts';
import { runAblate, type AblateResult } from './ablate.ts';

const TEXT = 'The old man stood at the door of the house. The old man stood at the door of the house.';

const ablated = async (options: Omit<AblateOptions, 'model'>) =>
  JSON.parse(await printed(true, (console) => runAblate(console, { model: 'demo', ...options }))) as AblateResult;

describe('headscope ablate', () => {
  it('prints what a change does at every position, and the next tokens before and after', async () => {
    const result = await ablated({ text: TEXT, set: 'L0H5=zero,L2=scale:0.5' });
    expect(result).toMatchObject({ model: 'demo', task: null, finalNorm: 'recomputed', cautions: [] });
    expect(result.interventions).toEqual(['L0H5=zero', 'L2=scale:0.5']);
    const { kl, klPerToken, nllDelta, tokens, before, after } = result;
    expect([klPerToken.length, nllDelta.length]).toEqual([tokens, tokens]);
    expect(kl).toBe(klPerToken.at(-1));
    expect(result.meanKl).toBeCloseTo(Array.from(klPerToken).reduce((sum, value) => sum + value, 0) / tokens, 9);
    // Nothing predicts the first token.
    expect(nllDelta[0]).toBeNull();
    expect(Array.from(nllDelta).slice(1).every(Number.isFinite)).toBe(true);
    expect(result.agreement).toBeLessThan(1);
    for (const choices of [before, after]) {
      expect(choices).toHaveLength(10);
      expect(Object.keys(choices[0]!)).toEqual(['id', 'token', 'display', 'prob']);
      expect(choices[0]!.prob).toBeGreaterThanOrEqual(choices[9]!.prob);
    }
    const frozen = await ablated({ text: TEXT, set: 'L0H5=zero,L2=scale:0.5', finalNorm: 'frozen' });
    expect(frozen.finalNorm).toBe('frozen');
    expect(frozen.kl).not.toBe(kl);
  });

  it('prints the accuracy of a task before and after, and what to mind', async () => {
    const off = await ablated({
      task: 'needle',
      set: 'off L0H0=sigmoid,L1H0=scale:1',
      samples: 3,
      param: ['length=64'],
    });
    expect(off).toMatchObject({ task: 'needle', kl: 0, agreement: 1, cautions: [] });
    expect(off.accuracy!.after).toEqual(off.accuracy!.before);
    expect(off.accuracy!.before.n).toBe(3);
    const experiment = await ablated({ text: TEXT, set: 'L1H0=sigmoid' });
    expect(experiment.cautions).toEqual(['Sigmoid: The model was not trained with it: an experiment.']);
  });

  it('is a table for people', async () => {
    const text = await printed(false, (console) => runAblate(console, { model: 'demo', text: TEXT, set: 'L0H5=zero' }));
    expect(text).toMatch(
      /^demo, \d+ tokens\nChanged: L0H5=zero; final norm recomputed\n\nKL\(before \|\| after\), last/,
    );
    expect(text).toMatch(/^Before +Probability +After +Probability$/m);
  });

  it('lists what can be done, without a model', async () => {
    const { kinds } = JSON.parse(await printed(true, (console) => runAblate(console, { list: true }))) as {
      kinds: { id: string }[];
    };
    expect(kinds.map(({ id }) => id)).toEqual(INTERVENTION_KINDS.map(({ id }) => id));
    const text = await printed(false, (console) => runAblate(console, { list: true }));
    for (const { id, definition, parameters } of INTERVENTION_KINDS) {
      expect(text).toContain(`${id}: `);
      expect(text).toContain(definition);
      for (const { meaning } of parameters) expect(text).toContain(meaning);
    }
  });

  it('refuses what it cannot do', async () => {
    await expect(ablated({ text: TEXT })).rejects.toThrow('Nothing is changed.');
    await expect(ablated({ text: TEXT, set: 'L9H0=zero' })).rejects.toThrow('there is no L9H0');
    await expect(ablated({ text: TEXT, set: 'L0H0', finalNorm: 'x' })).rejects.toThrow('There is no final norm “x”.');
    await expect(ablated({ text: TEXT, task: 'needle', set: 'L0H0' })).rejects.toThrow('Both a prompt and a task');
    await expect(ablated({ text: TEXT, set: 'L0H0', samples: 3 })).rejects.toThrow('--samples is of a task');
    await expect(ablated({ text: TEXT, set: 'L0H0', param: ['length=9'] })).rejects.toThrow('--param is of a task');
    await expect(printed(true, (console) => runAblate(console, { set: 'L0H0' }))).rejects.toThrow(
      'No model was given.',
    );
  });
});
