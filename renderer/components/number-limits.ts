/** What a number field takes, in words. Pure. */
interface NumberLimits {
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
}

/** `whole numbers from 1 to 10,000`. */
export function numberLimits({ min, max, integer }: NumberLimits): string {
  return `${integer ? 'whole numbers' : 'numbers'} from ${writtenNumber(min)} to ${writtenNumber(max)}`;
}

/** With every digit that means something. */
export function writtenNumber(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 9 });
}
