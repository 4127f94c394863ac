import { describe, expect, it } from 'vitest';
import type { AppError } from '../base/app-error.ts';
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

  it('never scales a published budget under what parameters take', () => {
    const short = resolveMethod(method, { layers: 12, promptLength: 16 }, {}, null);
    expect(short).toMatchObject({ budget: 5, budgetOrigin: 'scaled', parameters: { window: 1 } });
    expect(resolveMethod(method, { layers: 12, promptLength: 16 }, { window: 3 }, null).budget).toBe(2);
  });

  it('refuses what cannot be', () => {
    expect(() => resolveMethod(method, sizes, { other: 1 }, null)).toThrow('The method toy has no parameter “other”.');
    expect(() => resolveMethod(method, sizes, { window: 0.5 }, null)).toThrow('cannot be 0.5');
  });

  it('says which budget would do, as keys and as a share', () => {
    const refusal = (of: Parameters<typeof resolveMethod>[0], promptLength: number, keys: number, given = {}) => {
      try {
        resolveMethod(of, { layers: 12, promptLength }, given, { keys });
      } catch (error) {
        return error as AppError;
      }
      throw new Error('It was not refused.');
    };
    const { message, hint } = refusal(method, 1024, 1);
    expect(message).toBe(
      'A budget of 1 key is too small for Toy: it leaves nothing for window, which takes at least 1.',
    );
    expect(hint).toBe('Give at least 5 keys, 0.5% of the 1,024 tokens before the first query, or window itself.');
    expect(() => resolveMethod(method, sizes, {}, { share: 0.005 })).not.toThrow();
    expect(refusal(method, 3, 2).hint).toBe('Give at least 5 keys, or window itself.');

    // Half of the keys go to each of two, of which one is kept at 8 or more; then three keys make one.
    const two = { ...info, parameters: [window, { ...window, id: 'other', min: 8 }] };
    const halves = {
      info: two,
      fromBudget: (keys: number) => ({ window: Math.ceil(keys / 2), other: Math.floor(keys / 2) }),
    };
    expect(refusal(halves, 1024, 1).hint).toContain('at least 16 keys');
    expect(refusal(halves, 1024, 15).message).toContain('leaves 7 for other, which takes at least 8');
    expect(refusal(halves, 1024, 15).hint).toContain('at least 16 keys');
    const thirds = { info: two, fromBudget: (keys: number) => ({ other: Math.floor(keys / 3) - 1 }) };
    expect(refusal(thirds, 1024, 1).hint).toContain('at least 27 keys');
    expect(refusal(thirds, 1024, 1, { window: 2 }).hint).toContain('at least 27 keys');
    const never = { info: two, fromBudget: () => ({ other: 0 }) };
    expect(refusal(never, 1024, 1).hint).toBe('Give a larger budget, or other itself.');
  });
});
