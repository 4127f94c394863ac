import type { ScoreTable } from '../model/score.ts';
import { formatCount, formatNumber } from './format.ts';

/** What a score was computed with, empty where it has no parameters: `Sink keys 8, Compared after W_O`. */
export function usedText({ info, parameters }: Pick<ScoreTable, 'info' | 'parameters'>): string {
  return Object.entries(parameters)
    .map(([id, value]) => {
      const known = info.parameters.find((parameter) => parameter.id === id);
      const number = Number.isInteger(value) ? formatCount(value) : formatNumber(value);
      return `${known?.name ?? id} ${known?.choices?.[value] ?? number}`;
    })
    .join(', ');
}
