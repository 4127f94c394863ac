/**
 * A stored run as two files: `run.json`, readable, and `tables.safetensors` with every array, bit for bit. Python reads
 * the tables by name: `nll`, `scores.induction` [L, H], `miniatures` [L, H, size, size], `heads.L5H1.entropy`,
 * `tokens.L5H1.12.outgoing`, `maps.L5H1.probability.max` [side, side], `differences.L5H1.max.minus.L5H2`,
 * `differences.L5H1.max.minus.clean.L5H1`, `comparison.klPerToken`, `sinks.share` [L, N], ...
 */
import { AppError } from '../../shared/base/app-error.ts';
import type { ComparedChoice } from '../../shared/contract/methods.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import { formatPlace, placeExists } from '../../shared/model/place.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import type {
  StoredDifference,
  StoredHead,
  StoredMap,
  StoredRun,
  StoredTexels,
  StoredTokenRow,
} from '../../shared/session/stored-run.ts';
import { isLogarithmic } from '../../shared/session/map-codes.ts';
import { topLevel } from '../../shared/tensor/tile.ts';
import { distanceBin } from '../attention/statistics.ts';
import type { SafetensorsDtype } from '../safetensors/dtype.ts';
import { encodeSafetensors, type WholeTensor } from '../safetensors/index.ts';
import { exactNumber } from './exact-number.ts';
import { RUN_JSON_VERSION, runJsonSchema, type RunJson } from './run-json.ts';
import { sessionInvalid } from './session-invalid.ts';
import { jsonOfSinks, sinkTables, takeSinks } from './stored-sinks.ts';
import { readTables, type TakeTable } from './tables.ts';

export interface EncodedRun {
  /** UTF-8. */
  readonly json: Uint8Array;
  /** .safetensors. */
  readonly tables: Uint8Array;
}

const headTable = (head: HeadId, name: string): string => `heads.${formatHead(head)}.${name}`;
const tokenTable = (row: HeadId & { readonly index: number }, name: string): string =>
  `tokens.${formatHead(row)}.${row.index}.${name}`;
const mapTable = (map: Pick<StoredMap, 'layer' | 'head' | 'value' | 'reducer'>): string =>
  `maps.${formatHead(map)}.${map.value}.${map.reducer}`;
const differenceTable = (map: Pick<StoredDifference, 'layer' | 'head' | 'reducer' | 'minus'>): string => {
  const minus = `${map.minus.run === 'clean' ? 'clean.' : ''}${formatHead(map.minus)}`;
  return `differences.${formatHead(map)}.${map.reducer}.minus.${minus}`;
};
const edgeTable = (table: string): string => `${table}.edge`;

const HEAD_ROWS = ['entropy', 'firstToken', 'rowMax', 'columnMean'] as const;

/** Throws Error where an array has another length than the model and the tokens imply: a bug of the caller. */
export function encodeStoredRun(run: StoredRun): EncodedRun {
  const { model, summary, scores, miniatures, heads, tokenRows, maps, differences, comparison, sinks } = run;
  const { ids, nll } = summary;
  const n = ids.length;
  const tensors: WholeTensor[] = [];
  const add = (name: string, dtype: SafetensorsDtype, shape: readonly number[], data: ArrayBufferView) =>
    tensors.push({ name, dtype, shape, data });

  add('ids', 'I32', [n], ids);
  add('nll', 'F32', [n], nll);
  for (const { info, values } of scores) {
    if (values !== null) add(`scores.${info.id}`, 'F64', [model.layers, model.heads], values);
  }
  const { size } = miniatures;
  add('miniatures', 'F32', [model.layers, model.heads, size, size], miniatures.values);
  for (const { profile, ...head } of heads) {
    for (const name of HEAD_ROWS) add(headTable(head, name), 'F32', [n], profile[name]);
    add(headTable(head, 'rowArgmax'), 'I32', [n], profile.rowArgmax);
    add(headTable(head, 'distance'), 'F32', [distanceBins(n)], profile.distance);
  }
  for (const { attention, ...row } of tokenRows) {
    add(tokenTable(row, 'outgoing'), 'F32', [n], attention.outgoing);
    add(tokenTable(row, 'incoming'), 'F32', [n], attention.incoming);
  }
  const addTexels = (table: string, { side, codes, edge }: StoredTexels) => {
    add(table, 'U8', [side, side], codes);
    if (edge !== undefined) add(edgeTable(table), 'U8', [side], edge);
  };
  for (const map of maps) addTexels(mapTable(map), map);
  for (const map of differences ?? []) addTexels(differenceTable(map), map);
  if (comparison !== null) {
    add('comparison.klPerToken', 'F32', [n], comparison.klPerToken);
    add('comparison.nllDelta', 'F32', [n], comparison.nllDelta);
    if (comparison.topChanged) add('comparison.topChanged', 'U8', [n], comparison.topChanged);
  }
  if (sinks !== undefined) tensors.push(...sinkTables(sinks, { ...model, tokens: n }));

  const choices = (list: readonly ComparedChoice[]) =>
    list.map((choice) => ({ ...choice, clean: exactNumber(choice.clean), changed: exactNumber(choice.changed) }));
  const json = {
    version: RUN_JSON_VERSION,
    model,
    summary: {
      ...summary,
      // In the tables; JSON leaves out what is undefined.
      ids: undefined,
      nll: undefined,
      stored: undefined,
      milliseconds: exactNumber(summary.milliseconds),
      next: summary.next.map((choice) => ({
        ...choice,
        prob: exactNumber(choice.prob),
        logit: exactNumber(choice.logit),
      })),
    },
    scores: scores.map(({ info, notApplicable, parameters, floor }) => ({
      info,
      notApplicable,
      parameters,
      floor: floor === null ? null : exactNumber(floor),
    })),
    miniatures: { size },
    heads: heads.map(({ layer, head }) => ({ layer, head })),
    tokenRows: tokenRows.map(({ layer, head, index }) => ({ layer, head, index })),
    maps: maps.map(jsonOfTexels),
    differences: differences?.map(jsonOfTexels),
    comparison: comparison && {
      kl: exactNumber(comparison.kl),
      before: choices(comparison.before),
      after: choices(comparison.after),
      topChanged: comparison.topChanged && true,
    },
    sinks: sinks && jsonOfSinks(sinks),
  };
  return { json: new TextEncoder().encode(JSON.stringify(json)), tables: encodeSafetensors(tensors) };
}

function jsonOfTexels<T extends StoredTexels>(map: T) {
  return {
    ...map,
    codes: undefined,
    range: map.range.map(exactNumber),
    edge: map.edge === undefined ? undefined : true,
  };
}

/**
 * The inverse. The files are taken for hostile: every size is held against the model's layers and heads and the number
 * of tokens. Throws `session-invalid`, and `session-newer` for a version that is not known here.
 */
export function decodeStoredRun({ json, tables }: EncodedRun): StoredRun {
  const run = parseJson(json);
  checkNumbers(run);
  const { model, summary } = run;
  const n = summary.tokens.length;
  const take = readTables(tables);
  const ids = take('ids', 'I32', [n]);
  summary.tokens.forEach(({ id }, i) => {
    if (id !== ids[i]) throw sessionInvalid(`Token ${i} of a run is ${id} in run.json and ${ids[i]!} in its tables`);
    if (id >= model.vocabSize) {
      throw sessionInvalid(`Token ${i} of a run has the id ${id}; the model's vocabulary has ${model.vocabSize}`);
    }
  });
  return {
    model,
    summary: { ...summary, ids, nll: take('nll', 'F32', [n]) },
    scores: run.scores.map((score) => takeScore(score, take, model)),
    miniatures: takeMiniatures(run, take),
    heads: run.heads.map((head) => takeHead(head, take, n)),
    tokenRows: run.tokenRows.map((row) => takeTokenRow(row, take, n)),
    maps: run.maps.map((map) => takeTexels(mapTable(map), map, take)),
    ...(run.differences && {
      differences: run.differences.map((map) => takeTexels(differenceTable(map), map, take)),
    }),
    comparison: run.comparison && takeComparison(run.comparison, take, n),
    ...(run.sinks && { sinks: takeSinks(run.sinks, take, { ...model, tokens: n }) }),
  };
}

function parseJson(bytes: Uint8Array): RunJson {
  let root: unknown;
  try {
    root = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw sessionInvalid('The run.json of a session is not valid JSON', cause);
  }
  const version: unknown = typeof root === 'object' && root !== null && 'version' in root ? root.version : undefined;
  if (typeof version === 'number' && version > RUN_JSON_VERSION) {
    throw new AppError(
      'session-newer',
      `A run of this session has version ${version}; this Headscope knows ${RUN_JSON_VERSION}.`,
      { hint: 'Update Headscope to open it.' },
    );
  }
  if (version !== RUN_JSON_VERSION) throw sessionInvalid('The run.json of a session names no version that there is');
  const parsed = runJsonSchema.safeParse(root);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = (issue?.path ?? []).join('.').slice(0, 80);
  throw sessionInvalid(`The run.json of a session does not fit at “${where}”: ${issue?.message ?? 'invalid'}`);
}

/** What the schema cannot say: numbers that must fit each other. */
function checkNumbers(run: RunJson): void {
  const { model, summary, scores, heads, tokenRows, maps, comparison } = run;
  const differences = run.differences ?? [];
  const n = summary.tokens.length;
  const must = (fits: boolean, found: string) => {
    if (!fits) throw sessionInvalid(found);
  };
  must(model.heads % model.kvHeads === 0, `The model of a run has ${model.heads} heads in ${model.kvHeads} KV groups`);
  must(
    model.slidingWindow.length === model.layers,
    `The model of a run has ${model.layers} layers and ${model.slidingWindow.length} windows`,
  );
  must(summary.modelId === model.modelId, 'A run is of another model than the one beside it');
  must(
    summary.computedFrom <= model.layers,
    `A run is computed from layer ${summary.computedFrom}, which is not there`,
  );
  for (const { id } of [...summary.next, ...(comparison?.before ?? []), ...(comparison?.after ?? [])]) {
    must(id < model.vocabSize, `A predicted token has the id ${id}; the model's vocabulary has ${model.vocabSize}`);
  }
  const named = [...heads, ...tokenRows, ...maps, ...differences, ...differences.map(({ minus }) => minus)];
  for (const { where } of summary.interventions) {
    must(placeExists(where, model), `A run changes ${formatPlace(where)}, which is not there`);
  }
  for (const place of named) {
    must(
      place.layer < model.layers && place.head < model.heads,
      `A run names ${formatHead(place)}, which is not there`,
    );
  }
  for (const { index } of tokenRows) must(index < n, `A run keeps token ${index} of ${n}`);
  const overviews = [
    ...maps.map((map) => [mapTable(map), map, isLogarithmic(map.value)] as const),
    ...differences.map((map) => [differenceTable(map), map, isLogarithmic('difference')] as const),
  ];
  for (const [name, { level, side, range }, logarithmic] of overviews) {
    must(level <= topLevel(n) && side === Math.ceil(n / 2 ** level), `${name} has ${side} texels at level ${level}`);
    const [min, max] = range;
    const empty = Number.isNaN(min) && Number.isNaN(max);
    must(empty || (Number.isFinite(max - min) && min <= max), `${name} ranges from ${min} to ${max}`);
    must(empty || !logarithmic || min >= 0, `${name} ranges from ${min}, below 0`);
  }
  const tables = [
    ...scores.map(({ info }) => `scores.${info.id}`),
    ...heads.map((head) => headTable(head, '')),
    ...tokenRows.map((row) => tokenTable(row, '')),
    ...overviews.map(([name]) => name),
  ];
  must(new Set(tables).size === tables.length, 'A run keeps something twice');
}

function takeScore(
  { info, notApplicable, parameters, floor }: RunJson['scores'][number],
  take: TakeTable,
  { layers, heads }: RunJson['model'],
): ScoreTable {
  const values = notApplicable === null ? take(`scores.${info.id}`, 'F64', [layers, heads]) : null;
  return { info, values, notApplicable, parameters, floor, spread: null };
}

function takeMiniatures({ model, miniatures: { size } }: RunJson, take: TakeTable): StoredRun['miniatures'] {
  return { size, values: take('miniatures', 'F32', [model.layers, model.heads, size, size]) };
}

function takeHead(head: HeadId, take: TakeTable, n: number): StoredHead {
  const row = (name: (typeof HEAD_ROWS)[number]) => take(headTable(head, name), 'F32', [n]);
  const rowArgmax = take(headTable(head, 'rowArgmax'), 'I32', [n]);
  const stray = rowArgmax.find((key) => key < -1 || key >= n);
  if (stray !== undefined) throw sessionInvalid(`${headTable(head, 'rowArgmax')} names key ${stray} of ${n}`);
  const profile = {
    entropy: row('entropy'),
    firstToken: row('firstToken'),
    rowMax: row('rowMax'),
    rowArgmax,
    columnMean: row('columnMean'),
    distance: take(headTable(head, 'distance'), 'F32', [distanceBins(n)]),
  };
  return { ...head, profile };
}

function takeTokenRow(row: RunJson['tokenRows'][number], take: TakeTable, n: number): StoredTokenRow {
  const attention = {
    outgoing: take(tokenTable(row, 'outgoing'), 'F32', [n]),
    incoming: take(tokenTable(row, 'incoming'), 'F32', [n]),
  };
  return { ...row, attention };
}

function takeTexels<T extends { readonly side: number; readonly edge?: true }>(
  table: string,
  { edge, ...map }: T,
  take: TakeTable,
): Omit<T, 'edge'> & Pick<StoredTexels, 'codes' | 'edge'> {
  const codes = take(table, 'U8', [map.side, map.side]);
  return { ...map, codes, ...(edge && { edge: take(edgeTable(table), 'U8', [map.side]) }) };
}

function takeComparison(
  { topChanged, ...numbers }: NonNullable<RunJson['comparison']>,
  take: TakeTable,
  n: number,
): NonNullable<StoredRun['comparison']> {
  return {
    ...numbers,
    klPerToken: take('comparison.klPerToken', 'F32', [n]),
    nllDelta: take('comparison.nllDelta', 'F32', [n]),
    ...(topChanged && { topChanged: take('comparison.topChanged', 'U8', [n]) }),
  };
}

/** Of a profile's mass by distance. */
function distanceBins(tokens: number): number {
  return distanceBin(tokens - 1) + 1;
}
