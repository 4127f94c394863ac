// @vitest-environment node
import { expect, it } from 'vitest';
import { leavesOutSinks, scoreUnder, SINK_MODES, sinkModeText } from './sink-mode.ts';

it('scores give way to their sink-free twins of the same origin, where sinks are left out', () => {
  for (const mode of SINK_MODES) {
    const out = leavesOutSinks(mode);
    expect(out).toBe(mode === 'exclude' || mode === 'renormalise');
    expect(scoreUnder(mode, 'distance')).toBe(out ? 'distance-sink-free' : 'distance');
    expect(scoreUnder(mode, 'probe-3:entropy')).toBe(out ? 'probe-3:entropy-sink-free' : 'probe-3:entropy');
    expect(scoreUnder(mode, 'induction')).toBe('induction');
    expect(scoreUnder(mode, 'distance-sink-free')).toBe('distance-sink-free');
  }
});

it('headings say what was left out', () => {
  expect(SINK_MODES.map((mode) => sinkModeText(mode, 1))).toEqual([
    '',
    '',
    'without key 0',
    'without key 0, rows rescaled',
  ]);
  expect(sinkModeText('renormalise', 2)).toBe('without keys 0 to 1, rows rescaled');
  // Sinks further on are left out of the colours only.
  expect(sinkModeText('exclude', 0)).toBe('');
});
