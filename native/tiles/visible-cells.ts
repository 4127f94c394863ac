/** How many cells of a texel their queries see: those at a distance from 0 to window - 1, within the tokens. */
export function visibleCells(row: number, column: number, level: number, tokens: number, window: number): number {
  const size = 2 ** level;
  const firstQuery = row * size;
  const firstKey = column * size;
  const lastQuery = Math.min(tokens, firstQuery + size) - 1;
  const lastKey = Math.min(tokens, firstKey + size) - 1;
  if (lastKey <= firstQuery && lastQuery - firstKey < window) {
    return Math.max(0, lastQuery - firstQuery + 1) * Math.max(0, lastKey - firstKey + 1);
  }
  let count = 0;
  for (let query = firstQuery; query <= lastQuery; query++) {
    const first = Math.max(firstKey, query - window + 1);
    count += Math.max(0, Math.min(lastKey, query) - first + 1);
  }
  return count;
}
