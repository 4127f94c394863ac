import { expect, it } from 'vitest';
import { formatTime } from './format-time.ts';

it('says the day only where it is another one', () => {
  const now = new Date(2026, 10, 21, 18, 0);
  expect(formatTime(new Date(2026, 10, 21, 9, 5).toISOString(), now)).toBe('09:05');
  expect(formatTime(new Date(2026, 2, 3, 23, 59).toISOString(), now)).toBe('3 Mar 2026, 23:59');
  expect(formatTime('nonsense', now)).toBe('at an unknown time');
});
