/** What the values of a map are called. Pure. */
import type { TokenView } from '../../model/token-view.ts';
import type { TileReducer, TileValue } from '../../tensor/tile.ts';
import { axisText } from './axis-labels.ts';
import { formatCount } from './format-value.ts';
import { hasLogScale } from './map-colours.ts';

export const VALUE_NAMES: Readonly<Record<TileValue, string>> = {
  probability: 'probability',
  logProbability: 'log probability',
  logit: 'logit',
  lift: 'lift over uniform',
};

/** Unit as the legend says it. */
export const VALUE_UNITS: Readonly<Record<TileValue, string>> = {
  probability: 'p',
  logProbability: 'ln p, nats',
  logit: 'logit',
  lift: '× uniform',
};

/** `max of 4×4`; empty at level 0, where a texel is a cell. */
export function aggregateText(reducer: TileReducer, level: number): string {
  const side = formatCount(2 ** level);
  return level === 0 ? '' : `${reducer} of ${side}×${side}`;
}

/** `probability, max of 4×4, log scale`. */
export function headingText(value: TileValue, reducer: TileReducer, level: number, scale: 'log' | 'linear'): string {
  const parts = [VALUE_NAMES[value], aggregateText(reducer, level), hasLogScale(value) ? `${scale} scale` : ''];
  return parts.filter((part) => part !== '').join(', ');
}

/** Over the strip of a key. */
export function sinkHeading(key: number): string {
  return `p on key ${key}`;
}

/** `1,018 “Maren”` */
export function tokenText(index: number, tokens: readonly TokenView[]): string {
  const token = tokens[index];
  return token ? `${formatCount(index)} “${axisText(token)}”` : formatCount(index);
}
