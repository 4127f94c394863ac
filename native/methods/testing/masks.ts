/** Masks as lines of text, to compare with drawn ones. */
import { seenUnder } from '../mask-reads.ts';
import type { PromptMask } from '../method.ts';

/** `#` for each key that a row keeps and `.` for others; rows with `|` between. */
export function drawnMask(mask: PromptMask, tokens: number): string {
  return Array.from({ length: tokens }, (_, query) => {
    const visible = seenUnder(mask, tokens, query);
    return Array.from({ length: tokens }, (_row, key) => (visible[key] === 1 ? '#' : '.')).join('');
  }).join('|');
}
