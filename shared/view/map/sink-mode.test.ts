// @vitest-environment node
import { expect, it } from 'vitest';
import { leavesOutSinks, leftOut, leftOutText, nextSinkMode, SINK_MODES } from './sink-mode.ts';

it('only the first keys are masked, those further on do not set colours', () => {
  expect(leftOut('show', [0, 1, 13])).toEqual({ skipKeys: 0, renormalise: false, withoutKeys: [] });
  expect(leftOut('gutter', [0, 1, 13])).toEqual({ skipKeys: 0, renormalise: false, withoutKeys: [] });
  expect(leftOut('exclude', [0, 1, 13])).toEqual({ skipKeys: 2, renormalise: false, withoutKeys: [13] });
  expect(leftOut('renormalise', [0, 1, 13])).toEqual({ skipKeys: 2, renormalise: true, withoutKeys: [13] });
  // Where no first key is a sink there is nothing to divide by.
  expect(leftOut('renormalise', [13, 20])).toEqual({ skipKeys: 0, renormalise: false, withoutKeys: [13, 20] });
});

it('headings say what was left out', () => {
  const text = (mode: (typeof SINK_MODES)[number], keys: number[]) => leftOutText(leftOut(mode, keys));
  expect(SINK_MODES.map((mode) => text(mode, [0]))).toEqual([
    '',
    '',
    'without key 0',
    'without key 0, rows renormalised',
  ]);
  expect(text('renormalise', [0, 1])).toBe('without keys 0 to 1, rows renormalised');
  expect(text('renormalise', [0, 13])).toBe('without key 0, rows renormalised, colours without key 13');
  expect(text('exclude', [4, 13])).toBe('colours without keys 4, 13');
});

it('goes around, and leaves sinks out in the last two', () => {
  expect(SINK_MODES.map(nextSinkMode)).toEqual(['gutter', 'exclude', 'renormalise', 'show']);
  expect(SINK_MODES.filter(leavesOutSinks)).toEqual(['exclude', 'renormalise']);
});
