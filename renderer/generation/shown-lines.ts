/** Which lines are on screen, and what is where on them. */
import type { GeneratedToken } from '../../shared/model/generation.ts';
import type { GeneratedLine, GenerationState, LineKind } from '../state/generation-state.ts';

export interface ShownLine {
  readonly kind: LineKind;
  readonly line: GeneratedLine;
}

export interface StepPlace {
  readonly kind: LineKind;
  readonly step: number;
}

/** Clean above changed, as everywhere. */
export function shownLines({ clean, changed }: GenerationState): readonly ShownLine[] {
  return [
    ...(clean ? [{ kind: 'clean', line: clean } as const] : []),
    ...(changed ? [{ kind: 'changed', line: changed } as const] : []),
  ];
}

export function tokenAt(lines: readonly ShownLine[], { kind, step }: StepPlace): GeneratedToken | undefined {
  return lines.find((shown) => shown.kind === kind)?.line.tokens[step];
}

/** The end of the line that grows, or of the last one. */
export function lastPlace(lines: readonly ShownLine[]): StepPlace | undefined {
  const growing = lines.find(({ line }) => line.end === undefined) ?? lines.at(-1);
  return growing && { kind: growing.kind, step: growing.line.tokens.length - 1 };
}

/**
 * The lines that have the step behind the same tokens, the one asked for among them: both up to the step at which they
 * part, because only there do their probabilities answer the same question.
 */
export function linesAtStep(
  lines: readonly ShownLine[],
  { kind, step }: StepPlace,
  difference: number | undefined,
): readonly { readonly kind: LineKind; readonly token: GeneratedToken }[] {
  const comparable = difference === undefined || step <= difference;
  return lines.flatMap(({ kind: own, line }) => {
    const token = line.tokens[step];
    return token && (comparable || own === kind) ? [{ kind: own, token }] : [];
  });
}

/** Where an arrow key leads; undefined for other keys and where there is nothing. */
export function placeAfterKey(
  lines: readonly ShownLine[],
  from: StepPlace | undefined,
  key: string,
): StepPlace | undefined {
  const move = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10 }[key];
  const [first] = lines;
  const last = lines.at(-1);
  if (move === undefined || !first || !last) return undefined;
  const { kind, step } = from && tokenAt(lines, from) ? from : { kind: first.kind, step: -1 };
  const changesLine = lines.length > 1 && Math.abs(move) > 1;
  const length = lines.find((shown) => shown.kind === kind)?.line.tokens.length ?? 0;
  const next = changesLine
    ? { kind: (move < 0 ? first : last).kind, step: Math.max(0, step) }
    : { kind, step: Math.max(0, Math.min(length - 1, step + move)) };
  return tokenAt(lines, next) ? next : undefined;
}
