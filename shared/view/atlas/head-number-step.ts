/** Every how many heads a number stands over the columns, so that numbers keep apart. */
export function headNumberStep(pitchPx: number, heads: number): number {
  const needPx = heads > 10 ? 17 : 11;
  const step = Math.ceil(needPx / pitchPx);
  return [1, 2, 4, 8, 16].find((candidate) => candidate >= step) ?? step;
}
