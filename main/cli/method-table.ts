/** Words and figures of the tables of methods. */
import { RECALL_SINKS, type Fidelity } from '../../shared/model/method-result.ts';

/** What the fidelities are called in titles. */
export const FIDELITY_NAMES: Readonly<Record<Fidelity, string>> = {
  F1: 'layer by layer (F1)',
  F2: 'through all layers, teacher-forced (F2)',
  F3: 'through all layers, and generating (F3)',
};

/** A dash where there is none; the reason stands under the table. Rounding leaves no -0. */
export const formatPercent = (share: number): string =>
  Number.isNaN(share) ? '–' : `${(Math.round(1000 * share) / 10 + 0).toFixed(1)} %`;

/** The same for numbers. */
export const formatNumber = (value: number | null, digits: number): string =>
  value === null || Number.isNaN(value) ? '–' : value.toFixed(digits);

/** What the tables of a prompt and of a task have in common. */
interface CommonCells {
  readonly read: number;
  readonly resident: number;
  readonly ratio: number;
  readonly density: { readonly selected: number };
  readonly recall: number;
  readonly recallSinkFree: number;
  readonly outputError: number;
  readonly outputErrorWO: number;
  readonly kl: number | null;
  readonly nllAnswer: number | null;
}

export const KEPT_HEADER = ['Read', 'Resident', 'Memory', 'Pairs', 'Recall', 'No sinks'] as const;

export function keptCells({ read, resident, ratio, density, recall, recallSinkFree }: CommonCells): string[] {
  return [
    read.toFixed(1),
    resident.toFixed(1),
    ...[ratio, density.selected, recall, recallSinkFree].map(formatPercent),
  ];
}

export const ERROR_HEADER = ['Error', 'After W_O', 'KL', 'NLL'] as const;

export function errorCells({ outputError, outputErrorWO, kl, nllAnswer }: CommonCells): string[] {
  return [formatPercent(outputError), formatPercent(outputErrorWO), formatNumber(kl, 4), formatNumber(nllAnswer, 3)];
}

/** Why there is no recall without sinks, where there is none. */
export function noSinksReason({ recallSinkFree }: Pick<CommonCells, 'recallSinkFree'>): string[] {
  if (!Number.isNaN(recallSinkFree)) return [];
  return [`No query gives weight to keys after the first ${RECALL_SINKS}: there is no recall without them.`];
}
