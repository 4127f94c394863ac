/** A comparison as a table for other programs. Pure. */
import type { ComparedScore } from '../../shared/view/atlas/compare-scores.ts';
import { describeResult, type Result } from './describe-result.ts';

export interface CsvParts {
  readonly name: string;
  readonly unit: string;
  readonly compared: ComparedScore;
  readonly a: Result;
  readonly b: Result;
  /** What else has to be known. */
  readonly remarks: readonly string[];
}

/** Layer, head and values in full, a line a head; before them, after `#`, what they are of. No value is an empty field. */
export function compareCsv({ name, unit, compared, a, b, remarks }: CsvParts): string {
  const about = [
    `${name}, ${unit}`,
    `A: ${a.model}, ${describeResult(a)}`,
    `B: ${b.model}, ${describeResult(b)}`,
    ...remarks,
  ];
  const columns = [compared.a, compared.b, compared.difference].map(({ values }) => values!);
  const field = (value: number) => (Number.isNaN(value) ? '' : String(value));
  const rows = Array.from(columns[0]!, (_, index) =>
    [Math.floor(index / a.heads), index % a.heads, ...columns.map((values) => field(values[index]!))].join(','),
  );
  return [...about.map((line) => `# ${line}`), 'layer,head,a,b,difference', ...rows, ''].join('\n');
}
