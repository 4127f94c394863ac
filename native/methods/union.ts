/** How many different keys some lists hold together; keys are below `tokens`. */
export function unionSize(lists: readonly Int32Array[], tokens: number): number {
  const [first, ...others] = new Set(lists);
  if (first === undefined) return 0;
  if (others.length === 0) return first.length;
  const seen = new Uint8Array(tokens);
  for (const keys of [first, ...others]) for (const key of keys) seen[key] = 1;
  return seen.reduce((sum, each) => sum + each, 0);
}
