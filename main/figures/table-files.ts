/** The numbers of a figure as CSV and JSON. */
import type { FigureTable } from '../../shared/figure/table.ts';

/** The shortest decimal that is read as the same float32, or as the same float64 where it is none. */
export function shortest(value: number): string {
  if (Math.fround(value) !== value) return String(value);
  for (let digits = 1; digits <= 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(value);
}

/**
 * RFC 4180, with a line feed between lines; NaN is an empty cell. A text that a spreadsheet would take for a formula
 * (it begins with =, +, -, @, a tab or a carriage return) has an apostrophe before it: tokens are anything.
 */
export function csvLines(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => row.map(cell).join(',')).join('\n');
}

export function encodeCsv({ sheet: { header, rows } }: FigureTable): Uint8Array {
  return Buffer.from(`${csvLines([header, ...rows])}\n`, 'utf8');
}

function cell(value: string | number): string {
  if (typeof value === 'number') return Number.isNaN(value) ? '' : shortest(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Arrays nested as they are shaped; NaN is null. */
export function encodeJson({ arrays, texts }: FigureTable, about: Readonly<Record<string, unknown>>): Uint8Array {
  const entries = [
    ...Object.entries(about).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`),
    `"about": ${JSON.stringify(Object.fromEntries([...arrays, ...texts].map(({ name, about: text }) => [name, text])))}`,
    ...arrays.map(({ name, shape, values }) => `${JSON.stringify(name)}: ${nested(values, shape)}`),
    ...texts.map(({ name, values }) => `${JSON.stringify(name)}: ${JSON.stringify(values)}`),
  ];
  return Buffer.from(`{\n  ${entries.join(',\n  ')}\n}\n`, 'utf8');
}

function nested(values: ArrayLike<number>, shape: readonly number[], start = 0): string {
  const [count = 0, ...inner] = shape;
  const size = inner.reduce((product, side) => product * side, 1);
  const parts = Array.from({ length: count }, (_, index) => {
    if (inner.length > 0) return nested(values, inner, start + index * size);
    const value = values[start + index]!;
    return Number.isFinite(value) ? shortest(value) : 'null';
  });
  return `[${parts.join(', ')}]`;
}
