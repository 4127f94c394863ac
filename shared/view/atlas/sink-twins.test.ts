// @vitest-environment node
import { expect, it } from 'vitest';
import { SINK_MODES } from '../map/sink-mode.ts';
import { scoreUnder, SINK_TWINS } from './sink-twins.ts';

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
