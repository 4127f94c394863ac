import { isRange } from './choose.ts';

/** How many different keys some lists hold together; keys are below `tokens`. */
export function unionSize(lists: readonly Int32Array[], tokens: number): number {
  const [first, ...others] = new Set(lists);
  if (first === undefined) return 0;
  if (others.length === 0) return first.length;
  const seen = new Uint8Array(tokens);
  mark(seen, first);
  for (const keys of others) mark(seen, keys);
  let size = 0;
  for (let key = 0; key < tokens; key++) size += seen[key]!;
  return size;
}

function mark(seen: Uint8Array, keys: Int32Array): void {
  if (isRange(keys)) seen.fill(1, keys[0], keys[keys.length - 1]! + 1);
  else for (let i = 0; i < keys.length; i++) seen[keys[i]!] = 1;
}
