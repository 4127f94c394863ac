import { z } from 'zod';
import type { SessionState, StoredSlice } from './session-state.ts';
import type { SessionSlice } from './slice.ts';
import { SESSION_SLICES } from './slices/index.ts';

export interface ReadState {
  /** Slices that this version knows, at their present version and checked. */
  readonly known: SessionState;
  /** Slices of other features or of later versions, as they were found, to be written back. */
  readonly kept: SessionState;
  /** What was left out, in sentences. */
  readonly warnings: readonly string[];
}

const sliceSchema = z.object({ version: z.number().int().min(1), data: z.unknown() });

/** Sorts the slices of a file. One that does not fit is left out with a warning; the others are not affected. */
export function readState(value: unknown, slices: readonly SessionSlice[] = SESSION_SLICES): ReadState {
  const known: Record<string, StoredSlice> = {};
  const kept: Record<string, StoredSlice> = {};
  const warnings: string[] = [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { known, kept, warnings: ['The state of the window is not in the form that it must have.'] };
  }
  for (const [id, found] of Object.entries(value)) {
    const slice = slices.find((candidate) => candidate.id === id);
    const parsed = sliceSchema.safeParse(found);
    if (!parsed.success) {
      warnings.push(`The part “${id.slice(0, 64)}” of the session is not in the form that it must have.`);
    } else if (!slice) {
      kept[id] = parsed.data;
    } else if (parsed.data.version > slice.version) {
      kept[id] = parsed.data;
      warnings.push(`A later version of Headscope saved ${slice.name} in a form that this one does not know.`);
    } else {
      const data = upgrade(slice, parsed.data);
      if (data === undefined) warnings.push(`${capitalise(slice.name)} could not be read.`);
      else known[id] = { version: slice.version, data: data.value };
    }
  }
  return { known, kept, warnings };
}

/** The data at the present version; undefined where it does not fit. */
function upgrade(slice: SessionSlice, { version, data }: StoredSlice): { readonly value: unknown } | undefined {
  let value = data;
  for (const step of slice.upgrades.slice(version - 1)) {
    try {
      value = step(value);
    } catch {
      // An upgrade may take the form of its version for granted; damaged data has another.
      return undefined;
    }
  }
  const parsed = slice.schema.safeParse(value);
  return parsed.success ? { value: parsed.data } : undefined;
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
