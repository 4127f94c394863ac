import { expect, it } from 'vitest';
import { otherThanDefaults } from './other-than-defaults.ts';

it('leaves out what says the same as the default, but not where the default follows from the prompt', () => {
  const parameters = [
    { id: 'share', default: 0.9 },
    { id: 'space', default: 0 },
    { id: 'window', default: null },
  ];
  expect(otherThanDefaults({ share: 0.9, space: 1, window: 8 }, parameters)).toEqual({ space: 1, window: 8 });
  expect(otherThanDefaults({ share: 0.5, space: 0 }, parameters)).toEqual({ share: 0.5 });
});
