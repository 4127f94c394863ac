/** How tokens look at a query, as one letter each: equal letters are equal looks, which are compared at once. Pure. */
import type { KeptRows, MethodStep } from '../../shared/model/method-views.ts';
import { isRead } from './kept-bits.ts';

/** Whether the selected head reads each key, how many heads do, or how much is missed of it. */
export type StripColours = 'head' | 'heads' | 'lost';

/** Steps of a tint. */
export const LEVELS = 24;
/** Of no strength: dropped, outside the layer's window, after the query, or not known yet. */
export const TOKEN_KINDS: Readonly<Record<string, 'dropped' | 'hidden' | 'later' | 'unknown'>> = {
  d: 'dropped',
  w: 'hidden',
  f: 'later',
  u: 'unknown',
};
/** Letters of the tints, weakest first. */
const FIRST_LEVEL = 0x100;

interface StripQuestion {
  readonly colours: StripColours;
  readonly tokens: number;
  readonly query: number;
  readonly rows: KeptRows | undefined;
  readonly step: MethodStep | undefined;
  readonly window: number | null;
}

export function stripCodes({ colours, tokens, query, rows, step, window }: StripQuestion): string {
  const most = colours === 'lost' && step ? Math.max(1e-12, ...step.lost) : 1;
  const letters = Array.from({ length: tokens }, (_, key) => {
    if (key > query) return 'f';
    if (colours === 'head') {
      if (!rows) return 'u';
      if (isRead(rows, query, key)) return tint(1);
      return window !== null && key <= query - window ? 'w' : 'd';
    }
    // A step of another query has too few keys while the next one is on its way.
    const value = step?.[colours === 'heads' ? 'readBy' : 'lost'][key];
    if (value === undefined) return 'u';
    if (colours === 'heads') return value === 0 ? 'd' : tint(value);
    return tint(Math.sqrt(value / most));
  });
  return letters.join('');
}

function tint(strength: number): string {
  return String.fromCharCode(FIRST_LEVEL + Math.round(strength * LEVELS));
}

/** 0 to `LEVELS`; undefined for a letter that is no tint. */
export function levelOf(code: string): number | undefined {
  const level = code.charCodeAt(0) - FIRST_LEVEL;
  return level >= 0 ? level : undefined;
}

const CHUNK = 64;

/** Tokens that are drawn together. */
export function stripChunks(tokens: readonly unknown[]): readonly { readonly start: number; readonly end: number }[] {
  return Array.from({ length: Math.ceil(tokens.length / CHUNK) }, (_, at) => ({
    start: at * CHUNK,
    end: Math.min(tokens.length, (at + 1) * CHUNK),
  }));
}
