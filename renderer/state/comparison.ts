/** Several heads side by side: what is compared, and how it changes. Pure. */
import { sameHead, type HeadId } from '../../shared/model/head-id.ts';

/** A map that is the difference of two: of two heads, or of the run with interventions and the clean one. */
export interface MapDifference {
  readonly of: HeadId;
  /** `clean`: the same head, without the interventions. */
  readonly minus: HeadId | 'clean';
}

export interface HeadComparison {
  /** Heads of another model mean something else. */
  readonly modelId: string;
  /** At least one. */
  readonly heads: readonly HeadId[];
  readonly difference: MapDifference | undefined;
}

export const MOST_COMPARED_HEADS = 6;

export function includesHead(comparison: HeadComparison | undefined, head: HeadId): boolean {
  return comparison?.heads.some((other) => sameHead(other, head)) ?? false;
}

/** With one head more, if it is not in it and there is room. */
export function withHead(comparison: HeadComparison, head: HeadId): HeadComparison {
  if (includesHead(comparison, head) || comparison.heads.length >= MOST_COMPARED_HEADS) return comparison;
  return { ...comparison, heads: [...comparison.heads, head] };
}

/** Without a head, and without a difference that needs it; undefined where nothing is left to compare. */
export function withoutHead(comparison: HeadComparison, head: HeadId): HeadComparison | undefined {
  const heads = comparison.heads.filter((other) => !sameHead(other, head));
  if (heads.length === 0) return undefined;
  const { difference } = comparison;
  const needsIt =
    difference !== undefined &&
    (sameHead(difference.of, head) || (difference.minus !== 'clean' && sameHead(difference.minus, head)));
  return { ...comparison, heads, difference: needsIt ? undefined : difference };
}

/** Reads what was stored; undefined where it is none. */
export function readComparison(stored: unknown): HeadComparison | undefined {
  if (!isRecord(stored) || typeof stored['modelId'] !== 'string' || !Array.isArray(stored['heads'])) return undefined;
  const heads = (stored['heads'] as unknown[]).flatMap((head) => readHead(head) ?? []);
  if (heads.length === 0 || heads.length > MOST_COMPARED_HEADS) return undefined;
  return { modelId: stored['modelId'], heads, difference: readDifference(stored['difference'], heads) };
}

function readDifference(stored: unknown, heads: readonly HeadId[]): MapDifference | undefined {
  if (!isRecord(stored)) return undefined;
  const isCompared = (head: HeadId | undefined) => head !== undefined && heads.some((other) => sameHead(other, head));
  const of = readHead(stored['of']);
  const minus = stored['minus'] === 'clean' ? 'clean' : readHead(stored['minus']);
  if (!of || !minus || !isCompared(of) || (minus !== 'clean' && !isCompared(minus))) return undefined;
  return { of, minus };
}

function readHead(stored: unknown): HeadId | undefined {
  if (!isRecord(stored)) return undefined;
  const { layer, head } = stored;
  const isIndex = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
  return isIndex(layer) && isIndex(head) ? { layer, head } : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
