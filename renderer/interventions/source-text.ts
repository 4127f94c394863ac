import type { InterventionSource } from '../../shared/model/intervention.ts';
import { plural } from '../../shared/view/format.ts';

/** `1 prompt of 57 tokens`, `3 prompts, 20 to 57 tokens`, `16 samples of needle, seed 7`. */
export function sourceText(source: InterventionSource): string {
  if ('task' in source) return `${plural(source.samples, 'sample')} of ${source.task}, seed ${source.seed}`;
  const lengths = source.prompts.map(({ length }) => length);
  if (lengths.length === 1) return `1 prompt of ${plural(lengths[0]!, 'token')}`;
  return `${lengths.length} prompts, ${Math.min(...lengths)} to ${Math.max(...lengths)} tokens`;
}

/** Texts of several prompts, a blank line between two; blank ones are left out. */
export function splitPrompts(text: string, single: boolean): readonly string[] {
  return single ? [text] : text.split(/\n(?:[^\S\n]*\n)+/).filter((part) => part.trim() !== '');
}
