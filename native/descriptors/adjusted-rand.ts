/** Labels are below it. */
const MOST_LABELS = 2 ** 16;

/**
 * Agreement of two clusterings of the same points beyond chance (Hubert and Arabie 1985): 1 = the same up to the
 * numbering, 0 = as by chance.
 */
export function adjustedRand(a: Int32Array, b: Int32Array): number {
  const [rows, columns, cells] = [new Map<number, number>(), new Map<number, number>(), new Map<number, number>()];
  a.forEach((label, i) => {
    count(rows, label);
    count(columns, b[i]!);
    count(cells, label * MOST_LABELS + b[i]!);
  });
  const together = pairs(cells);
  const [inA, inB] = [pairs(rows), pairs(columns)];
  const expected = (inA * inB) / ((a.length * (a.length - 1)) / 2);
  const most = (inA + inB) / 2;
  // Both put all points into one cluster, or each into its own.
  return most === expected || a.length < 2 ? 1 : (together - expected) / (most - expected);
}

function count(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function pairs(counts: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (const size of counts.values()) sum += (size * (size - 1)) / 2;
  return sum;
}
