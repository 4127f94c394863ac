import { expect, it } from 'vitest';
import type { Budget, MethodParameter, MethodParameters } from '../../shared/model/method.ts';
import { resolveMethod } from '../../shared/model/method-parameters.ts';
import { makeMethodInfo } from '../testing/lab-record.ts';
import { scaledParameter } from './scaled-parameter.ts';

const window: MethodParameter = {
  id: 'window',
  name: 'Window',
  meaning: 'Last keys.',
  default: 2000,
  source: 'its demo',
  scaling: { by: 'tokens', least: 4 },
  fromBudget: true,
  min: 1,
  max: 10_000,
  integer: true,
};
const sink: MethodParameter = { ...window, id: 'sink', default: 4, scaling: { by: 'nothing' } };
const info = makeMethodInfo('streaming', {
  budget: { meaning: '', default: 2004, source: '' },
  parameters: [{ ...sink, fromBudget: undefined } as unknown as MethodParameter, window],
});
const sizes = { layers: 6, promptLength: 302 };
const fromBudget = (keys: number, { sink: first }: MethodParameters) => ({ window: keys - first! });

function shown(budgets: readonly Budget[], given: MethodParameters = {}, told = true) {
  const each = (budgets.length === 0 ? [null] : budgets).map((budget) => ({
    resolved: resolveMethod({ info, fromBudget }, sizes, given, budget),
    refusal: null,
  }));
  const form = scaledParameter(window, { info, sizes, budgets, each: told ? each : [] });
  return [form.default, form.shown, form.meaning.replace(/^Last keys\. (.*)\. Source: its demo\.$/, '$1')];
}

it('shows what the run takes of a budget, not what the default is scaled to', () => {
  // 2000 would be 74 on this prompt, which is what sink and window have together.
  expect(shown([])).toEqual([70, undefined, 'Published 2,000, here 70, set by the budget']);
  expect(shown([{ share: 0.5 }])).toEqual([147, undefined, 'Published 2,000, here 147, set by the budget']);
  expect(shown([{ keys: 2004 }])).toEqual([2000, undefined, 'Default as published']);
  const both = shown([{ share: 0.5 }, { share: 0.25 }]);
  expect(both).toEqual([null, '71–147', 'Published 2,000, here 147, 71, set by the budget']);
  expect(shown([], { sink: 10 })[0]).toBe(64);
});

it('says that the budget sets it where that is all that is known', () => {
  const unknown = [null, 'by budget', 'Published 2,000, set by the budget'];
  expect(shown([], {}, false)).toEqual(unknown);
  expect(shown([{ keys: 8 }], { window: 3 })).toEqual(unknown);
});

it('is scaled where no budget sets it', () => {
  const plain = { info: { budget: null }, sizes, budgets: [], each: [] };
  expect(scaledParameter(window, plain)).toMatchObject({ default: 74 });
  expect(scaledParameter(sink, plain).meaning).toContain('Default as published.');
});
