/** Reads what a person types as token ids: numbers separated by commas or blanks, brackets allowed. */
export type ParsedIds =
  | { readonly ids: Int32Array }
  /** The first thing that is no id. */
  | { readonly problem: string };

export function parseIds(text: string): ParsedIds {
  const parts = text.split(/[\s,;[\]]+/).filter((part) => part !== '');
  const wrong = parts.find((part) => !/^\d{1,9}$/.test(part));
  if (wrong !== undefined) return { problem: `“${wrong.slice(0, 40)}” is not a token id.` };
  return { ids: Int32Array.from(parts, Number) };
}
