import { expect, it } from 'vitest';
import { poolingText } from './pooling-text.ts';

it('says how much one texel stands for', () => {
  expect(poolingText({ size: 32, tokens: 20 })).toBe('every cell');
  expect(poolingText({ size: 32, tokens: 311 })).toBe('max of about 9.7×9.7 tokens');
  expect(poolingText({ size: 32, tokens: 1024 })).toBe('max of about 32×32 tokens');
});
