/** What becomes of the keys that heads rest on: one choice for the colours of maps, for scores and for figures. Pure. */

export const SINK_MODES = ['show', 'gutter', 'exclude', 'renormalise'] as const;
export type SinkMode = (typeof SINK_MODES)[number];

/** Short, as in a toolbar. */
export const SINK_MODE_NAMES: Readonly<Record<SinkMode, string>> = {
  show: 'sinks',
  gutter: 'gutter',
  exclude: 'no sinks',
  renormalise: 'rescaled',
};

export const SINK_MODE_HINTS: Readonly<Record<SinkMode, string>> = {
  show: 'Show: sink keys are keys like all others',
  gutter: 'Gutter: sink keys also stand beside the map, one strip each',
  exclude:
    'Exclude: sink keys stand in their strips and are left out of the map’s colours; scores are shown without sinks',
  renormalise:
    'Renormalise: sink keys stand in their strips, and each row of the map is divided by what is left of it without them; scores are shown without sinks',
};

/** The next one, in a circle. */
export function nextSinkMode(mode: SinkMode): SinkMode {
  return SINK_MODES[(SINK_MODES.indexOf(mode) + 1) % SINK_MODES.length]!;
}

/** Whether sinks are left out of what is seen. */
export function leavesOutSinks(mode: SinkMode): boolean {
  return mode === 'exclude' || mode === 'renormalise';
}

export interface LeftOut {
  /** The first keys, which are masked in the map. */
  readonly skipKeys: number;
  /** Whether rows are divided by what is left of them. */
  readonly renormalise: boolean;
  /** Keys further on, which only do not set the colours: a texel holds their neighbours as well. */
  readonly withoutKeys: readonly number[];
}

/** What a map is shown without. `keys`: those that count as sinks, ascending. */
export function leftOut(mode: SinkMode, keys: readonly number[]): LeftOut {
  const out = leavesOutSinks(mode) ? keys : [];
  let skipKeys = 0;
  while (out.includes(skipKeys)) skipKeys++;
  return {
    skipKeys,
    renormalise: mode === 'renormalise' && skipKeys > 0,
    withoutKeys: out.filter((key) => key >= skipKeys),
  };
}

/** `without key 0, rows renormalised, colours without key 13`; empty where nothing is left out. */
export function leftOutText({ skipKeys, renormalise, withoutKeys }: LeftOut): string {
  const first = skipKeys === 1 ? 'without key 0' : `without keys 0 to ${skipKeys - 1}`;
  const further = `colours without ${withoutKeys.length === 1 ? 'key' : 'keys'} ${withoutKeys.join(', ')}`;
  return [skipKeys === 0 ? '' : first, renormalise ? 'rows renormalised' : '', withoutKeys.length === 0 ? '' : further]
    .filter((part) => part !== '')
    .join(', ');
}
