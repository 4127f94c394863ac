/** The map in words: its heading, and the line that says what is under the pointer. Pure. */
import type { CellReading, HeadProfile } from '../../shared/contract/methods.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import type { TileReducer, TileValue } from '../../shared/tensor/tile.ts';
import { formatCount, formatProbability, formatValue } from '../../shared/view/map/format-value.ts';
import { aggregateText, tokenText, VALUE_NAMES } from '../../shared/view/map/value-words.ts';
import { leftOutText, type LeftOut } from '../../shared/view/map/sink-mode.ts';
import type { SinkColumn } from './use-sink-columns.ts';
import type { CellAddress } from './viewport.ts';

/** `1,012–1,018, 7 tokens: “the secret word of …”`, cut to some letters. */
export function spanText(start: number, end: number, tokens: readonly TokenView[], letters = 48): string {
  const text = tokens
    .slice(start, end)
    .map((token) => token.text)
    .join('')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const kept = Array.from(text);
  const shown = kept.length > letters ? `${kept.slice(0, letters).join('').trimEnd()}…` : text;
  const count = end - start;
  if (count === 1) return tokenText(start, tokens);
  return `${formatCount(start)}–${formatCount(end - 1)}, ${formatCount(count)} tokens: “${shown}”`;
}

/** What a span is called until someone names it: its first words. */
export function nameOfSpan(start: number, end: number, tokens: readonly TokenView[]): string {
  const text = tokens
    .slice(start, end)
    .map((token) => token.text)
    .join('');
  const words = text.trim().split(/\s+/);
  return words.length > 2 ? `${words.slice(0, 2).join(' ')}…` : words.join(' ');
}

export interface CellQuestion {
  readonly cell: CellAddress;
  readonly tokens: readonly TokenView[];
  /** What the map is shown without. */
  readonly out: LeftOut;
  /** Undefined while it is being read. */
  readonly reading: CellReading | undefined;
  /** The texel that holds the cell, if its tile is here. */
  readonly texel: number | undefined;
  readonly value: TileValue;
  readonly reducer: TileReducer;
  readonly level: number;
  /** Texels come from an 8-bit overview. */
  readonly isApproximate?: boolean;
}

/** `query 1,018 “Maren” → key 24 “copper”: p = 0.613, rank 1 of 1,019 keys, logit 7.21` */
export function cellText(question: CellQuestion): string {
  const { cell, tokens, out, reading, texel, value, reducer, level, isApproximate = false } = question;
  const where = `query ${tokenText(cell.query, tokens)} → key ${tokenText(cell.key, tokens)}`;
  if (cell.key > cell.query) return `${where}: in the future of the query, masked`;
  const parts: string[] = [];
  const isOut = cell.key < out.skipKeys;
  if (reading) {
    const among = out.renormalise && !isOut ? ` ${leftOutText({ ...out, renormalise: false, withoutKeys: [] })}` : '';
    parts.push(`p = ${formatProbability(reading.probability)}${among}`);
    parts.push(
      `rank ${formatCount(reading.rank)} of ${formatCount(reading.visible)} ${plural(reading.visible, 'key')}`,
    );
    parts.push(`logit ${formatValue('logit', reading.logit)}`);
    if (isOut) parts.push('left out of the map');
    if (value === 'lift') parts.push(`${formatValue('lift', reading.probability * reading.visible)} uniform`);
  } else if (texel !== undefined && level === 0) {
    if (Number.isNaN(texel)) return `${where}: ${isOut ? 'left out of the map' : 'not visible to the query'}`;
    const sign = isApproximate ? '≈' : '=';
    parts.push(
      value === 'probability'
        ? `p ${sign} ${formatProbability(texel)}`
        : `${VALUE_NAMES[value]} ${isApproximate ? '≈ ' : ''}${formatValue(value, texel)}`,
    );
  }
  const line = parts.length === 0 ? where : `${where}: ${parts.join(', ')}`;
  if (level === 0 || texel === undefined || Number.isNaN(texel)) return line;
  const what = value === 'probability' ? '' : `${VALUE_NAMES[value]}, `;
  return `${line} · ${what}${aggregateText(reducer, level)} cells: ${formatValue(value, texel)}`;
}

/** A row by its label, strips or entropy bar. */
export function rowText(
  query: number,
  tokens: readonly TokenView[],
  profile: HeadProfile | undefined,
  sinks: readonly SinkColumn[],
): string {
  const where = `query ${tokenText(query, tokens)}`;
  if (profile?.entropy.length !== tokens.length) return where;
  const most = Math.log(query + 1);
  const onSinks = sinks
    .filter(({ key, values }) => key <= query && values?.length === tokens.length)
    .map(({ key, values }) => `on key ${formatCount(key)} is ${formatProbability(values![query]!)}`);
  return [
    `${where}: ${onSinks.length === 0 ? '' : `attention ${onSinks.join(', ')}, `}entropy ${profile.entropy[query]!.toFixed(2)} of at most ${most.toFixed(2)} nats`,
    `largest ${formatProbability(profile.rowMax[query]!)} on key ${tokenText(profile.rowArgmax[query]!, tokens)}`,
  ].join(', ');
}

/** A column by its label or its mean. */
export function columnText(key: number, tokens: readonly TokenView[], profile: HeadProfile | undefined): string {
  const where = `key ${tokenText(key, tokens)}`;
  if (profile?.columnMean.length !== tokens.length) return where;
  const rows = tokens.length - key;
  return `${where}: mean attention ${formatProbability(profile.columnMean[key]!)} over the ${formatCount(rows)} ${plural(rows, 'query', 'queries')} that can see it`;
}

function plural(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many;
}
