/**
 * What was done to the patterns of single heads, as it stands beside Q, K and LSE: with it maps follow from these. What
 * took a pattern from another run does not: of such heads only what was drawn can be kept.
 */
import { z } from 'zod';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { LayerCapture } from '../capture/capture.ts';
import type { HeadStep, PositionSet } from '../interventions/layer-edit.ts';
import { sessionInvalid } from './session-invalid.ts';

const position = z
  .number()
  .int()
  .min(0)
  .max(2 ** 24);
/** From the first to before the second; null = all. */
const positions = z.array(z.tuple([position, position])).nullable();
const rows = { rows: positions };
const step = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('mask'), ...rows, sink: position, window: position.min(1) }),
  z.object({ kind: z.literal('hide-keys'), ...rows, keys: positions }),
  z.object({ kind: z.literal('zero-values'), ...rows, keys: positions }),
  z.object({ kind: z.literal('temper'), ...rows, temperature: z.number().positive() }),
  z.object({ kind: z.literal('uniform'), ...rows }),
  z.object({ kind: z.literal('calibrate'), ...rows, keys: positions, beta: z.number().min(0).max(1) }),
  z.object({ kind: z.literal('sigmoid'), ...rows, bias: z.enum(['none', 'log-visible']) }),
]);
const pattern = z.object({
  layer: z.number().int().min(0),
  head: z.number().int().min(0),
  /** Null: from another run. */
  steps: z.array(step).max(4096).nullable(),
});

export type StoredPattern = z.infer<typeof pattern>;
type StoredStep = z.infer<typeof step>;

export function storedPatterns(layers: readonly Pick<LayerCapture, 'patterns'>[]): StoredPattern[] {
  return layers.flatMap(({ patterns }, layer) =>
    Array.from(patterns ?? [], ([head, steps]) => {
      const stored = steps.map(storedStep);
      return { layer, head, steps: stored.includes(null) ? null : (stored as StoredStep[]) };
    }),
  );
}

/** Throws `session-invalid` for what is none, or names other heads than the model has. */
export function parsePatterns(text: string, layers: number, heads: number): StoredPattern[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw sessionInvalid('The patterns beside the tensors of a run are not valid JSON', cause);
  }
  const parsed = z.array(pattern).max(65_536).safeParse(json);
  if (!parsed.success) throw sessionInvalid('The patterns beside the tensors of a run do not fit');
  const names = new Set(parsed.data.map(({ layer, head }) => `${layer} ${head}`));
  if (names.size !== parsed.data.length || parsed.data.some(({ layer, head }) => layer >= layers || head >= heads)) {
    throw sessionInvalid('The patterns beside the tensors of a run are not of its heads');
  }
  return parsed.data;
}

/** By layer, of the heads that are told. */
export function headSteps(
  patterns: readonly StoredPattern[],
  layers: number,
  tokens: number,
): ReadonlyMap<number, readonly HeadStep[]>[] {
  const byLayer = Array.from({ length: layers }, () => new Map<number, readonly HeadStep[]>());
  for (const { layer, head, steps } of patterns) {
    if (steps !== null)
      byLayer[layer]!.set(
        head,
        steps.map((each) => headStep(each, tokens)),
      );
  }
  return byLayer;
}

export function isUntold(patterns: readonly StoredPattern[], { layer, head }: HeadId): boolean {
  return patterns.some((each) => each.layer === layer && each.head === head && each.steps === null);
}

/** Null for one that is not told by numbers. */
function storedStep(of: HeadStep): StoredStep | null {
  const own = { rows: rangesOf(of.rows) };
  switch (of.kind) {
    case 'mask':
      if (of.mask.kind !== 'sink-window') return null;
      return { kind: of.kind, ...own, sink: of.mask.sink, window: of.mask.window };
    case 'hide-keys':
    case 'zero-values':
      return { kind: of.kind, ...own, keys: rangesOf(of.keys) };
    case 'temper':
      return { kind: of.kind, ...own, temperature: of.temperature };
    case 'uniform':
      return { kind: of.kind, ...own };
    case 'calibrate':
      return { kind: of.kind, ...own, keys: Array.from(of.keys, (key) => [key, key + 1]), beta: of.beta };
    case 'sigmoid':
      return { kind: of.kind, ...own, bias: of.bias };
    case 'donor':
      return null;
  }
}

function headStep(of: StoredStep, tokens: number): HeadStep {
  const own = { rows: flagsOf(of.rows, tokens) };
  switch (of.kind) {
    case 'mask':
      return { kind: of.kind, ...own, mask: { kind: 'sink-window', sink: of.sink, window: of.window } };
    case 'hide-keys':
    case 'zero-values':
      return { kind: of.kind, ...own, keys: flagsOf(of.keys, tokens) };
    case 'temper':
      return { kind: of.kind, ...own, temperature: of.temperature };
    case 'uniform':
      return { kind: of.kind, ...own };
    case 'calibrate': {
      const flags = flagsOf(of.keys, tokens) ?? new Uint8Array(tokens).fill(1);
      return {
        kind: of.kind,
        ...own,
        keys: Int32Array.from(flags.keys()).filter((key) => flags[key] === 1),
        beta: of.beta,
      };
    }
    case 'sigmoid':
      return { kind: of.kind, ...own, bias: of.bias };
  }
}

function rangesOf(set: PositionSet): [number, number][] | null {
  if (set === null) return null;
  const ranges: [number, number][] = [];
  for (let at = set.indexOf(1); at !== -1;) {
    const end = set.indexOf(0, at);
    ranges.push([at, end === -1 ? set.length : end]);
    at = end === -1 ? -1 : set.indexOf(1, end);
  }
  return ranges;
}

function flagsOf(ranges: readonly (readonly [number, number])[] | null, tokens: number): Uint8Array | null {
  if (ranges === null) return null;
  const flags = new Uint8Array(tokens);
  for (const [start, end] of ranges) flags.fill(1, start, end);
  return flags;
}
