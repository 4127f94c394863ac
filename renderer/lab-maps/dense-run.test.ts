// @vitest-environment node
import { expect, it } from 'vitest';
import { makeLabRecord } from '../testing/lab-record.ts';
import { beginsWith, denseRunOf } from './dense-run.ts';
import { tokensOf } from './lab-tokens.ts';

const displays = ['·a', '·b', '·c', '·d'];
const record = makeLabRecord({ tokens: 4, promptLength: 2, displays, runId: 'r7' });
const shown = { key: '2/r1', runId: 'r1' };

it('is the run on screen where both are of the same tokens', () => {
  expect(denseRunOf(record, shown, tokensOf(displays), undefined)).toEqual({ key: '2/r1', runId: 'r1' });
});

it('is that of the comparison while its engine lives', () => {
  const shorter = tokensOf(displays.slice(0, 3));
  expect(denseRunOf(record, shown, shorter, '2/r7')).toEqual({ key: '2/r7', runId: 'r7' });
  expect(denseRunOf(record, shown, shorter, '1/r7')).toBeUndefined();
  expect(denseRunOf(record, shown, shorter, undefined)).toBeUndefined();
  expect(denseRunOf(record, undefined, shorter, '2/r7')).toBeUndefined();
});

it('tells whether indices mean the same tokens', () => {
  expect(beginsWith(record.about, tokensOf(['·a', '·b']))).toBe(true);
  expect(beginsWith(record.about, tokensOf(['·a', '·c']))).toBe(false);
  expect(beginsWith(record.about, tokensOf([...displays, '·e']))).toBe(false);
});
