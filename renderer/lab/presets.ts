/** Comparisons that are worth seeing, ready to run. */
import type { Budget, MethodParameters } from '../../shared/model/method.ts';
import type { LabCost, LabMeasure } from '../../shared/view/lab/measures.ts';
import type { LabEntry, LabSettings } from '../state/lab-state.ts';

export interface LabPreset {
  readonly id: string;
  readonly name: string;
  /** What it shows, in one sentence. */
  readonly shows: string;
  /** Takes a prompt of the needle task. */
  readonly needle: boolean;
  readonly settings: Partial<LabSettings>;
}

const shares = (...values: number[]): Budget[] => values.map((share) => ({ share }));

const entry = (
  method: string,
  parameters: MethodParameters = {},
  budgets: readonly Budget[] | null = null,
): LabEntry => ({
  method,
  parameters,
  budgets,
});

const DENSE = entry('dense');

const plot = (cost: LabCost, measure: LabMeasure, logCost = false) => ({ cost, measure, logCost });

export const LAB_PRESETS: readonly LabPreset[] = [
  {
    id: 'sinks',
    name: 'StreamingLLM and its sinks',
    shows: 'The same window without a sink, with one first key and with four: what the first key alone is worth.',
    needle: false,
    settings: {
      entries: [DENSE, ...[0, 1, 4].map((sink) => entry('sink-window', { sink }))],
      budgets: shares(0.0625, 0.125, 0.25, 0.5),
      ...plot('read', 'outputErrorWO'),
    },
  },
  {
    id: 'needle',
    name: 'SnapKV, H2O and StreamingLLM on a needle',
    shows:
      'Which of three methods that evict still holds the fact that the question asks for, at an equal budget: SnapKV once as published, once with votes that are pooled over the whole fact.',
    needle: true,
    settings: {
      entries: [
        DENSE,
        entry('snapkv'),
        entry('snapkv', { kernel: 13 }),
        entry('h2o'),
        entry('sink-window'),
        entry('topk'),
      ],
      budgets: shares(0.0625, 0.125, 0.25, 0.5),
      question: 'seen',
      fidelity: 'F3',
      ...plot('ratio', 'nllAnswer'),
    },
  },
  {
    id: 'duo',
    name: 'DuoAttention at 50%',
    shows: 'Half of the KV groups stream and the others keep everything, beside methods that cut every head to half.',
    needle: true,
    settings: {
      entries: [
        DENSE,
        entry('duo', { sparsity: 0.5 }, shares(0.0625)),
        entry('sink-window', {}, shares(0.5)),
        entry('snapkv', {}, shares(0.5)),
        entry('h2o', {}, shares(0.5)),
      ],
      budgets: shares(0.5),
      question: 'unseen',
      fidelity: 'F2',
      ...plot('ratio', 'nllAnswer'),
    },
  },
  {
    id: 'quest',
    name: 'Quest’s page size',
    shows: 'Bounds of larger pages are looser, so that as many keys hold less of the mass.',
    needle: false,
    settings: {
      entries: [DENSE, ...[4, 8, 16, 32].map((page) => entry('quest', { page })), entry('topk')],
      budgets: shares(0.125, 0.25, 0.5),
      ...plot('selected', 'recall'),
    },
  },
  {
    id: 'kivi',
    name: 'KIVI’s bits',
    shows: 'Every key stays, in 2, 4 or 8 bits: what is saved in memory against the error of the output.',
    needle: false,
    settings: {
      entries: [DENSE, ...[2, 4, 8].map((bits) => entry('kivi', { bits }))],
      fidelity: 'F2',
      ...plot('ratio', 'outputErrorWO'),
    },
  },
];
