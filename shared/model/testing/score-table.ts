/** Score tables for tests. */
import type { ScoreInfo, ScoreTable } from '../score.ts';

export function makeScoreInfo(id: string, info: Partial<ScoreInfo> = {}): ScoreInfo {
  return {
    id,
    name: id,
    group: 'shape',
    unit: 'probability',
    definition: '',
    source: '',
    badge: 'exact',
    granularity: 'head',
    data: 'text',
    cost: 'run',
    parameters: [],
    floor: null,
    domain: [0, 1],
    ...info,
  };
}

/** Null: the score does not apply. */
export function makeScoreTable(
  id: string,
  values: ArrayLike<number> | null,
  info: Partial<ScoreInfo> = {},
): ScoreTable {
  return {
    info: makeScoreInfo(id, info),
    values: values && Float64Array.from(values),
    notApplicable: values ? null : 'Needs more tokens.',
    parameters: {},
    floor: null,
    spread: null,
  };
}
