/** Bin 0 holds distance 0, bin b >= 1 holds 2^(b-1) .. 2^b - 1: `0`, `1`, `2–3`, `4–7`. */
export function distanceLabel(bin: number): string {
  if (bin === 0) return '0';
  const first = 2 ** (bin - 1);
  return first === 1 ? '1' : `${first}–${2 ** bin - 1}`;
}

/** The lower end of a bin, for a narrow axis. */
export function distanceStart(bin: number): string {
  return bin === 0 ? '0' : String(2 ** (bin - 1));
}

/** How many bins carry anything that a prompt of this length can reach. */
export function binsInUse(tokens: number): number {
  return tokens <= 1 ? 1 : Math.floor(Math.log2(tokens - 1)) + 2;
}
