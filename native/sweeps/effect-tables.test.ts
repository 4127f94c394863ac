import { describe, expect, it } from 'vitest';
import type { Change, ComparedTokens, Effect } from '../../shared/model/effect.ts';
import type { PlaceKind } from '../../shared/model/place.ts';
import { isSigned, scoreScale } from '../../shared/view/atlas/score-colours.ts';
import { effectTables } from './effect-tables.ts';
import { allPlaces } from './sweep-places.ts';

const SHAPE = { layers: 2, heads: 4, kvHeads: 2 };
const target: ComparedTokens = {
  position: 6,
  token: { id: 1, display: '·a' },
  against: { id: 2, display: '·b' },
  difference: 1,
};
const effect = (value: number): Effect => ({
  kl: value,
  'kl-last': value / 2,
  nll: value / 4,
  'logit-difference': -value,
  agreement: 1 - value / 10,
});

function tablesOf(
  places: PlaceKind,
  change: Change = { what: 'zero' },
  finalNorm: 'recomputed' | 'frozen' = 'recomputed',
) {
  const effects = allPlaces(places, SHAPE).map((place, at) => ({ place, effect: effect(at + 1) }));
  return effectTables({ change, places, target, finalNorm, effects }, SHAPE);
}

describe('effectTables', () => {
  it('has one table a metric, with the value of a place at each of its heads', () => {
    const ids = ['effect-kl', 'effect-kl-last', 'effect-nll', 'effect-logit-difference', 'effect-agreement'];
    expect(tablesOf('head').map(({ info }) => info.id)).toEqual(ids);
    expect([...tablesOf('head')[0]!.values!]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...tablesOf('kv-group')[1]!.values!]).toEqual([0.5, 0.5, 1, 1, 1.5, 1.5, 2, 2]);
    expect([...tablesOf('layer')[3]!.values!]).toEqual([-1, -1, -1, -1, -2, -2, -2, -2]);
    expect(tablesOf('kv-group')[0]!.info.granularity).toBe('kv-group');
    expect(tablesOf('layer')[0]!.info.granularity).toBe('head');
  });

  it('says what was done and where it was read', () => {
    const change: Change = { what: 'streaming', parameters: { window: 8 }, rows: [{ start: 3, end: 7 }] };
    const [kl, last, , difference] = tablesOf('kv-group', change, 'frozen');
    expect(kl!.info.definition).toContain(
      'Done to each KV group alone; its value stands at each of its query heads: streaming:4:8@3:7.',
    );
    expect(kl!.info.definition).toContain('The final norm keeps the clean run’s scale.');
    expect(kl!.info.source).toContain('StreamingLLM');
    expect(last!.info.definition).toContain('after position 6');
    expect(difference!.info.definition).toContain('logit(“·a”) - logit(“·b”)');
    expect(kl!.parameters).toEqual({ sink: 4, window: 8 });
    expect(kl!.info.parameters.map(({ id }) => id)).toEqual(['sink', 'window']);
    expect(tablesOf('head', { what: 'sigmoid' })[0]!.info.definition).toContain('an experiment');
    expect(tablesOf('head', { what: 'sigmoid' })[0]!.parameters).toEqual({});
  });

  it('has zero in the middle of the colours of what goes both ways, and only there', () => {
    const signed = tablesOf('head').map((table) => isSigned(scoreScale(table)));
    expect(signed).toEqual([false, false, true, true, false]);
    expect(scoreScale(tablesOf('head')[2]!)).toMatchObject({ lo: -2, hi: 2 });
  });

  it('leaves heads without a value', () => {
    const empty = effectTables(
      { change: { what: 'zero' }, places: 'head', target, finalNorm: 'recomputed', effects: [] },
      SHAPE,
    );
    expect(empty[2]!.values!.every(Number.isNaN)).toBe(true);
    expect(empty[2]!.info.domain).toEqual([null, null]);
  });
});
