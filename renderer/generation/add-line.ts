import type { GeneratedLine } from '../state/generation-state.ts';
import type { PromptSource } from '../state/run-state.ts';

/** The prompt with the line behind it: as text where it was text, as ids where it was ids. */
export function addLine(source: PromptSource, { text, tokens }: GeneratedLine): PromptSource {
  if (source.kind === 'text') return { ...source, text: source.text + text };
  const ids = tokens.map(({ id }) => id).join(', ');
  const before = source.ids.trim().replace(/,$/, '');
  return { kind: 'ids', ids: ids === '' ? before : `${before}, ${ids}` };
}
