/** Words and figures of the tables of methods. */
import type { Fidelity } from '../../shared/model/method-result.ts';

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
