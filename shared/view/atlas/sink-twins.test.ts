// @vitest-environment node
import { expect, it } from 'vitest';
import type { ScoreGroup } from '../../model/score.ts';
import { SINK_MODES } from '../map/sink-mode.ts';
import { keepsSinks, scoreUnder, SINK_TWINS } from './sink-twins.ts';

it('scores give way to their twins of the same origin, where sinks are left out', () => {
  for (const mode of SINK_MODES) {
    const out = mode === 'exclude' || mode === 'renormalise';
    for (const [id, twin] of SINK_TWINS) {
      expect(scoreUnder(mode, id)).toBe(out ? twin : id);
      expect(scoreUnder(mode, `probe-3:${id}`)).toBe(`probe-3:${out ? twin : id}`);
      expect(scoreUnder(mode, twin)).toBe(twin);
    }
    expect(scoreUnder(mode, 'induction')).toBe('induction');
  }
});

it('a score keeps sinks where they are left out and are neither its subject nor taken out of it', () => {
  const kept = (id: string, group: ScoreGroup) => SINK_MODES.filter((mode) => keepsSinks(mode, { id, group }));
  const out = ['exclude', 'renormalise'];
  expect([kept('induction', 'stripes'), kept('gini', 'shape'), kept('dla', 'attribution')]).toEqual([out, out, out]);
  expect([kept('sink', 'sinks'), kept('streaming', 'streaming'), kept('qk-match', 'weights')]).toEqual([[], [], []]);
  // One whose twin is not there is shown as it is.
  for (const [id, twin] of SINK_TWINS) expect([kept(id, 'shape'), kept(twin, 'shape')]).toEqual([out, []]);
  expect(kept('outside-mass', 'shape')).toEqual([]);
});
