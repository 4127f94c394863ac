/**
 * Undo over values of any kind. A step holds the value before it; steps with the same merge key in a row become one, so
 * that walking the atlas with the arrow keys or typing a factor is undone at once.
 */
export interface HistoryStep<T> {
  readonly before: T;
  readonly mergeKey: string | undefined;
}

export interface History<T> {
  readonly past: readonly HistoryStep<T>[];
  readonly future: readonly T[];
}

const LONGEST = 200;

export const emptyHistory: History<never> = { past: [], future: [] };

/** The history after `before` was left behind. */
export function recordStep<T>(history: History<T>, before: T, mergeKey?: string): History<T> {
  const last = history.past.at(-1);
  if (mergeKey !== undefined && last?.mergeKey === mergeKey) return { past: history.past, future: [] };
  return { past: [...history.past, { before, mergeKey }].slice(-LONGEST), future: [] };
}

export interface Travelled<T> {
  readonly history: History<T>;
  readonly value: T;
}

export function undoStep<T>(history: History<T>, current: T): Travelled<T> | undefined {
  const last = history.past.at(-1);
  if (!last) return undefined;
  return { history: { past: history.past.slice(0, -1), future: [current, ...history.future] }, value: last.before };
}

export function redoStep<T>(history: History<T>, current: T): Travelled<T> | undefined {
  const [next, ...rest] = history.future;
  if (next === undefined) return undefined;
  return { history: { past: [...history.past, { before: current, mergeKey: undefined }], future: rest }, value: next };
}
