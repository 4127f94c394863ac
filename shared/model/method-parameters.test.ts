import { describe, expect, it } from 'vitest';
import type { MethodInfo, MethodParameter, MethodParameters } from './method.ts';
import { resolveMethod, scaledDefault } from './method-parameters.ts';

const plain = { meaning: '', source: '', min: 0, max: 10_000, integer: true };
const layer: MethodParameter = {
  ...plain,
  id: 'layer',
  name: 'Layer',
  default: 13,
  scaling: { by: 'layers', layers: 32 },
};
const window: MethodParameter = {
  ...plain,
  id: 'window',
  name: 'Window',
  default: 64,
  scaling: { by: 'tokens', least: 4 },
  fromBudget: true,
  min: 1,
};
const info: MethodInfo = {
  id: 'toy',
  name: 'Toy',
  definition: '',
  source: '',
  classes: ['static'],
  phases: ['decode'],
  granularity: 'head',
  evicts: true,
  readsQuery: false,
  needs: [],
  budget: { meaning: '', default: 1024, source: '' },
  parameters: [layer, window],
  cost: { step: '', stored: '', once: '' },
  badge: 'exact',
  notes: [],
};
const method = { info, fromBudget: (keys: number): MethodParameters => ({ window: keys - 4 }) };
const sizes = { layers: 12, promptLength: 1024 };

describe('defaults of methods', () => {
  it('follow the depth of the model, and the prompt below 8192 tokens', () => {
    expect(scaledDefault(layer, sizes)).toBe(5);
    expect(scaledDefault(window, sizes)).toBe(8);
    expect(scaledDefault(window, { layers: 32, promptLength: 100 })).toBe(4);
    expect(scaledDefault(window, { layers: 32, promptLength: 8192 })).toBe(64);
    expect(scaledDefault(window, { layers: 32, promptLength: 100_000 })).toBe(64);
  });
});

describe('resolveMethod', () => {
  it('says where each value came from', () => {
    expect(resolveMethod({ info }, sizes, {}, null)).toEqual({
      budget: 128,
      budgetOrigin: 'scaled',
      parameters: { layer: 5, window: 8 },
      origins: { layer: 'scaled', window: 'scaled' },
    });
    expect(resolveMethod(method, { layers: 32, promptLength: 8192 }, {}, { keys: 68 })).toEqual({
      budget: 68,
      budgetOrigin: 'given',
      parameters: { layer: 13, window: 64 },
      origins: { layer: 'published', window: 'published' },
    });
    expect(resolveMethod(method, sizes, {}, { share: 0.25 })).toMatchObject({
      budget: 256,
      parameters: { window: 252 },
      origins: { window: 'budget' },
    });
  });

  it('prefers what is given to what the budget says', () => {
    const { parameters, origins } = resolveMethod(method, sizes, { window: 7 }, { keys: 20 });
    expect([parameters['window'], origins['window']]).toEqual([7, 'given']);
  });

  it('refuses what cannot be', () => {
    expect(() => resolveMethod(method, sizes, { other: 1 }, null)).toThrow('The method toy has no parameter “other”.');
    expect(() => resolveMethod(method, sizes, { window: 0.5 }, null)).toThrow('cannot be 0.5');
    expect(() => resolveMethod(method, sizes, {}, { keys: 4 })).toThrow('leaves 0 for the parameter window');
  });
});
