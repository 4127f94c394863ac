/** Sets of token positions as ascending, disjoint ranges. */
import { z } from 'zod';

const position = z
  .number()
  .int()
  .min(0)
  .max(2 ** 24);

/** Positions `start` to `end` - 1. */
export const positionRangeSchema = z
  .strictObject({
    start: position,
    end: position,
    /** Of the prompt segment that it was taken from. */
    name: z.string().max(200).optional(),
  })
  .refine(({ start, end }) => end > start, 'A range ends after its start.');
export type PositionRange = z.infer<typeof positionRangeSchema>;

/** `3`, `3:7`, `3:7+12:20`; names are left out. */
export function formatRanges(ranges: readonly PositionRange[]): string {
  return ranges.map(({ start, end }) => (end === start + 1 ? String(start) : `${start}:${end}`)).join('+');
}

/** The inverse of `formatRanges`; undefined for anything else. */
export function parseRanges(text: string): PositionRange[] | undefined {
  const ranges: PositionRange[] = [];
  for (const part of text.split('+')) {
    const match = /^\s*(\d{1,8})\s*(?::\s*(\d{1,8})\s*)?$/.exec(part);
    if (!match) return undefined;
    const start = Number(match[1]);
    const end = match[2] === undefined ? start + 1 : Number(match[2]);
    if (end <= start) return undefined;
    ranges.push({ start, end });
  }
  return ranges;
}

/** 1 at every position of the ranges below `tokens`, [tokens]; all of them without ranges. */
export function positionFlags(ranges: readonly PositionRange[] | undefined, tokens: number): Uint8Array {
  const flags = new Uint8Array(tokens);
  if (ranges === undefined) return flags.fill(1);
  for (const { start, end } of ranges) flags.fill(1, Math.min(start, tokens), Math.min(end, tokens));
  return flags;
}
