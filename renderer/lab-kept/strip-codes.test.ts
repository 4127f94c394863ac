// @vitest-environment node
import { expect, it } from 'vitest';
import type { KeptRows, MethodStep } from '../../shared/model/method-views.ts';
import { LEVELS, levelOf, stripChunks, stripCodes } from './strip-codes.ts';

/** Query 4 of 6 tokens reads the keys 0, 3 and 4. */
const rows: KeptRows = { firstRow: 4, rows: 1, tokens: 6, bits: Uint8Array.of(0b11001) };
const step: MethodStep = {
  read: Float32Array.of(3),
  lostMass: Float32Array.of(0.2),
  readBy: Float32Array.of(1, 0, 0.25, 0.5, 1),
  lost: Float32Array.of(0, 0.16, 0.04, 0, 0),
};
const of = { tokens: 6, query: 4, rows, step, window: null };
const read = (codes: string) => Array.from(codes, (code) => levelOf(code) ?? code);

it('says what the head reads, what the window hides and what comes later', () => {
  expect(read(stripCodes({ ...of, colours: 'head' }))).toEqual([LEVELS, 'd', 'd', LEVELS, LEVELS, 'f']);
  expect(read(stripCodes({ ...of, colours: 'head', window: 3 }))).toEqual([LEVELS, 'w', 'd', LEVELS, LEVELS, 'f']);
});

it('tints by the share of heads, and by what is missed', () => {
  expect(read(stripCodes({ ...of, colours: 'heads' }))).toEqual([24, 'd', 6, 12, 24, 'f']);
  expect(read(stripCodes({ ...of, colours: 'lost' }))).toEqual([0, 24, 12, 0, 0, 'f']);
});

it('does not guess what is not known yet', () => {
  expect(stripCodes({ ...of, colours: 'head', rows: undefined })).toBe('uuuuuf');
  expect(stripCodes({ ...of, query: 5, colours: 'heads' }).at(-1)).toBe('u');
});

it('cuts into chunks that cover the tokens', () => {
  expect(stripChunks(Array.from({ length: 130 }))).toEqual([
    { start: 0, end: 64 },
    { start: 64, end: 128 },
    { start: 128, end: 130 },
  ]);
});
