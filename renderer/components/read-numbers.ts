/** Numbers divided by commas or blanks, ascending, each once; undefined where something is none or outside the limits. */
export function readNumbers(
  text: string,
  { min, max, integer }: { readonly min: number; readonly max: number; readonly integer: boolean },
): readonly number[] | undefined {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== '');
  const numbers = parts.map(Number);
  const fits = (value: number) => value >= min && value <= max && (!integer || Number.isInteger(value));
  return numbers.every(fits) ? [...new Set(numbers)].sort((a, b) => a - b) : undefined;
}
