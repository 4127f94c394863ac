/** What `headscope scores` prints as JSON, made of score tables. */
import type { ModelInfo } from '../../../shared/model/model-info.ts';
import type { ProbeResult, RetrievalDetail } from '../../../shared/model/probe.ts';
import type { ScoreParameters, ScoreTable } from '../../../shared/model/score.ts';

/** [layer][head]; NaN, written as null, where the score is not defined for a head. */
type Rows = readonly (readonly number[])[];

export interface ScoreValues {
  readonly badge: string;
  readonly granularity: string;
  readonly unit: string;
  /** Null with the reason where the score does not apply. */
  readonly values: Rows | null;
  readonly reason?: string;
  /** As used, where the score has any. */
  readonly parameters?: ScoreParameters;
  /** Of uniform attention. */
  readonly floor?: number;
  /** Over prompts: how many the score applies to, standard deviation, 95 % bootstrap interval, share above 0. */
  readonly n?: number;
  readonly deviation?: Rows;
  readonly low?: Rows;
  readonly high?: Rows;
  readonly active?: Rows;
  /** Of `retrieval`: share of the counted samples in which the head copied anything. */
  readonly activation?: Rows;
  /** Of `retrieval`: the score over all samples, answered right or not. */
  readonly attempted?: Rows;
}

export interface ScoresResult {
  readonly model: string;
  /** Execution provider that computed. */
  readonly provider: string;
  /** Probe set; null for one prompt. */
  readonly task: string | null;
  readonly scores: Readonly<Record<string, ScoreValues>>;
  /** Of a probe set. */
  readonly samples?: number;
  readonly seed?: number;
  readonly parameters?: Readonly<Record<string, number>>;
  readonly retrieval?: {
    readonly kept: number;
    readonly gate: string;
    /** Share of samples in which a head copied a needle token, [token][layer][head]. */
    readonly raster?: readonly Rows[];
  } | null;
}

type Shape = Pick<ModelInfo, 'layers' | 'heads'>;

export function valuesOf(shape: Shape, tables: readonly ScoreTable[]): Record<string, ScoreValues> {
  // Two files may bring scores of one name: none of them is lost.
  const taken = new Map<string, number>();
  return Object.fromEntries(
    tables.map((table) => {
      const { id } = table.info;
      const before = taken.get(id) ?? 0;
      taken.set(id, before + 1);
      return [before === 0 ? id : `${id}-${before + 1}`, valuesOfTable(shape, table)];
    }),
  );
}

function valuesOfTable(
  shape: Shape,
  { info, values, notApplicable, parameters, floor, spread }: ScoreTable,
): ScoreValues {
  const { badge, granularity, unit } = info;
  return {
    badge,
    granularity,
    unit,
    values: values && rowsOf(shape, values),
    ...(notApplicable === null ? {} : { reason: notApplicable }),
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
    ...(floor === null ? {} : { floor }),
    ...(spread === null
      ? {}
      : {
          n: spread.prompts,
          deviation: rowsOf(shape, spread.deviation),
          low: rowsOf(shape, spread.low),
          high: rowsOf(shape, spread.high),
          active: rowsOf(shape, spread.active),
        }),
  };
}

/** What is said of a probe set beside its scores. */
export function probeParts(
  shape: Shape,
  scores: Readonly<Record<string, ScoreValues>>,
  { prompts: samples, seed, parameters, retrieval }: ProbeResult,
): Pick<ScoresResult, 'scores' | 'samples' | 'seed' | 'parameters' | 'retrieval'> {
  const about = { samples, seed, parameters };
  const own = scores['retrieval'];
  if (retrieval === null || own === undefined) return { scores, ...about, retrieval: null };
  const { kept, gate, activation, attempted, raster } = retrieval;
  const details = { activation: rowsOf(shape, activation), attempted: rowsOf(shape, attempted) };
  return {
    scores: { ...scores, retrieval: { ...own, ...details } },
    ...about,
    retrieval: { kept, gate, raster: rasterRows(shape, raster) },
  };
}

function rasterRows(shape: Shape, { tokens, hits }: RetrievalDetail['raster']): Rows[] {
  const heads = shape.layers * shape.heads;
  return Array.from({ length: tokens }, (_, token) => rowsOf(shape, hits.subarray(token * heads, (token + 1) * heads)));
}

function rowsOf({ layers, heads }: Shape, values: Float64Array | Float32Array): number[][] {
  return Array.from({ length: layers }, (_, layer) => [...values.subarray(layer * heads, (layer + 1) * heads)]);
}
