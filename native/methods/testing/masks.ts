/** Masks as lines of text, to compare with drawn ones. */
import { visibleUnder, type MaskSpec } from '../../attention/mask.ts';

/** `#` for each key that a row keeps and `.` for others; rows with `|` between. */
export function drawnMask(mask: MaskSpec, tokens: number): string {
  return Array.from({ length: tokens }, (_, query) => {
    const visible = visibleUnder(mask, tokens, query, query);
    return Array.from({ length: tokens }, (_row, key) => (visible[key] === 1 ? '#' : '.')).join('');
  }).join('|');
}
