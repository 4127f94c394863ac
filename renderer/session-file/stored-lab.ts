/** The method lab as a session's state holds it, and back: results, settings, and what is looked at. */
import type { ParamsOf } from '../../shared/contract/methods.ts';
import type { DecodeRecord, LabRecord, LabTaskRecord } from '../../shared/model/lab.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import { pack, unpack, type Packed } from '../../shared/session/packed.ts';
import type { SessionState } from '../../shared/session/session-state.ts';
import type { DecodeData } from '../../shared/session/slices/decode.ts';
import type { LabData } from '../../shared/session/slices/lab.ts';
import type { StoredDecode, StoredLabResult, StoredLabTask } from '../../shared/session/stored-lab.ts';
import { LAB_COLUMN_GROUPS } from '../../shared/view/lab/columns.ts';
import type { DataCache } from '../engine/data-cache.ts';
import { summaryKey } from '../engine/data-keys.ts';
import { denseRunOf } from '../lab-maps/dense-run.ts';
import { decodeKey, labKey, labTaskKey } from '../lab/lab-keys.ts';
import { initialDecode, initialDecodeSettings, type DecodeSettings, type DecodeState } from '../state/decode-state.ts';
import { initialLab, type LabSettings, type LabState } from '../state/lab-state.ts';
import type { AppState } from '../state/store.ts';

/** Beside scores, B and sweeps, of what the state of the window may have in a file. */
const MOST_LETTERS = 12 * 2 ** 20;
/** Rows of a comparison whose traces are kept. */
const MOST_TRACES = 6;
/** A trace that a file does not hold; no engine gives this name. */
const NOT_STORED = 'not-stored';

type StoredTraces = NonNullable<ParamsOf<'session.save'>['traces']>;
interface Results {
  readonly lab: LabRecord | undefined;
  readonly task: LabTaskRecord | undefined;
  readonly decode: DecodeRecord | undefined;
}
export type LabResultKind = keyof Results;

const RESULT_NAMES: Readonly<Record<LabResultKind, string>> = {
  lab: 'comparison of methods',
  task: 'methods on a task',
  decode: 'text generated under a method',
};

function resultsOf({ lab, decode }: AppState, cache: DataCache): Results {
  return {
    lab: lab.result === undefined ? undefined : cache.value(labKey(lab.result)),
    task: lab.taskResult === undefined ? undefined : cache.value(labTaskKey(lab.taskResult)),
    decode: decode.result === undefined ? undefined : cache.value(decodeKey(decode.result)),
  };
}

/** Results never change, and unsaved work is looked through often. */
const packedResults = new WeakMap<object, { readonly value: unknown; readonly letters: number }>();

function packOnce<T extends object>(result: T): { readonly value: Packed<T>; readonly letters: number } {
  let known = packedResults.get(result);
  if (!known) {
    const value = pack(result);
    known = { value, letters: JSON.stringify(value).length };
    packedResults.set(result, known);
  }
  return known as { readonly value: Packed<T>; readonly letters: number };
}

/** Results as figures draw them, with the names that the engine knows. */
export interface PackedLab {
  readonly lab?: StoredLabResult;
  readonly task?: StoredLabTask;
  readonly decode?: StoredDecode;
}

/** Dense attention is drawn from the run that it is shown of: the comparison's own may be gone, as after a session. */
export function packedLab(state: AppState, cache: DataCache): PackedLab {
  const { lab, task, decode } = resultsOf(state, cache);
  const dense = lab && denseOf(state, cache, lab, state.lab.runKey);
  const packed = lab && lab.rows.length > 0 ? (packOnce(lab).value as StoredLabResult) : undefined;
  return {
    ...(packed ? { lab: dense ? { ...packed, runId: dense.runId } : packed } : {}),
    ...(task && task.rows.length > 0 ? { task: packOnce(task).value as StoredLabTask } : {}),
    ...(decode ? { decode: packOnce(decode).value as StoredDecode } : {}),
  };
}

function denseOf({ run: { clean } }: AppState, cache: DataCache, record: LabRecord, runKey?: string) {
  return denseRunOf(record, clean, clean && cache.value(summaryKey(clean.key))?.tokens, runKey);
}

export interface CollectedLab {
  readonly lab: LabData;
  readonly decode: DecodeData;
  /** Results that there is no room for, in words: the largest ones. */
  readonly left: readonly string[];
}

export function collectLab(state: AppState, cache: DataCache): CollectedLab {
  const results = resultsOf(state, cache);
  const kept: { -readonly [Kind in LabResultKind]?: Packed<NonNullable<Results[Kind]>> } = {};
  const left: string[] = [];
  let letters = 0;
  const found = (['lab', 'task', 'decode'] as const).flatMap((kind) => {
    const result = results[kind];
    return result ? [{ kind, ...packOnce<object>(result) }] : [];
  });
  for (const { kind, value, letters: own } of found.toSorted((a, b) => a.letters - b.letters)) {
    letters += own;
    if (letters <= MOST_LETTERS) Object.assign(kept, { [kind]: value });
    else left.push(RESULT_NAMES[kind]);
  }
  const traces = new Map(chooseTraces(state, cache).map(({ trace, name }) => [trace, name]));
  const named = (trace: string | null) => (trace === null ? null : (traces.get(trace) ?? NOT_STORED));
  const { shown, settings, row, maps, query, key, taskMeasure, columns, sort } = state.lab;
  const { decode } = state;
  const { choice, maxTokens } = state.edit.decode;
  return {
    lab: {
      shown,
      settings: storeSettings(settings),
      result: kept.lab ? nameParts(kept.lab as StoredLabResult, roleOf(state, cache, results.lab!), named) : null,
      taskResult: (kept.task as StoredLabTask | undefined) ?? null,
      row,
      maps: maps.map(({ row: of, value }) => ({ row: of, value })),
      query,
      key,
      taskMeasure: taskMeasure ?? null,
      columns: [...columns],
      sort: sort && { ...sort },
    },
    decode: {
      choice: { ...choice, parameters: { ...choice.parameters } },
      maxTokens,
      result: kept.decode ? nameBoth(kept.decode as StoredDecode, named) : null,
      under: decode.under,
      step: decode.step,
      key: decode.key,
    },
    left,
  };
}

/** What the session calls the run of a comparison, or one of the same tokens; empty where it is not in it. */
function roleOf(state: AppState, cache: DataCache, record: LabRecord): 'clean' | '' {
  const { clean } = state.run;
  const isIn = clean?.runId === record.runId || denseOf(state, cache, record) !== undefined;
  return isIn ? 'clean' : '';
}

/** With other names of the run and of traces. */
function nameParts(
  stored: StoredLabResult,
  runId: string,
  named: (trace: string | null) => string | null,
): StoredLabResult {
  return {
    ...stored,
    runId,
    rows: stored.rows.map((row) => ({
      ...row,
      result: row.result && { ...row.result, trace: named(row.result.trace) },
    })),
  };
}

function nameBoth(stored: StoredDecode, named: (trace: string | null) => string | null): StoredDecode {
  const { method, dense } = stored;
  return {
    ...stored,
    method: { ...method, trace: named(method.trace) },
    dense: { ...dense, trace: named(dense.trace) },
  };
}

function storeSettings(settings: LabSettings): LabData['settings'] {
  const { entries, budgets, task } = settings;
  return {
    ...settings,
    entries: entries.map((entry) => ({
      ...entry,
      parameters: { ...entry.parameters },
      budgets: entry.budgets && [...entry.budgets],
    })),
    budgets: [...budgets],
    task: { ...task, lengths: [...task.lengths], depths: [...task.depths], questions: [...task.questions] },
  };
}

/**
 * What was read by the rows that are looked at and by what was generated, as the engine is asked for it. Others are not
 * kept: a trace is as large as a map of every head.
 */
export function chooseTraces(state: AppState, cache: DataCache): StoredTraces {
  const { lab, decode } = resultsOf(state, cache);
  const traces: StoredTraces = [];
  const add = (name: string, trace: string | null | undefined, run: 'clean' | null) => {
    if (trace === null || trace === undefined || trace === NOT_STORED) return;
    if (!traces.some((other) => other.trace === trace)) traces.push({ name, trace, run });
  };
  if (lab) {
    const run = roleOf(state, cache, lab) === '' ? null : 'clean';
    const { row, maps } = state.lab;
    const shown = maps.length > 0 ? maps.flatMap((map) => map.row ?? []) : lab.rows.map((_, at) => at);
    for (const at of [row, ...shown]) {
      if (traces.length < MOST_TRACES) add(`lab-${at}`, lab.rows[at]?.result?.trace, run);
    }
  }
  if (decode) {
    add('decode-method', decode.method.trace, null);
    add('decode-dense', decode.dense.trace, null);
  }
  return traces;
}

/** Records under other names of traces, where the engine has given them new ones. */
export function renamedLab(record: LabRecord, names: ReadonlyMap<string, string>): LabRecord {
  const rows = record.rows.map((row) => {
    const name = names.get(row.result?.trace ?? '');
    return row.result && name !== undefined ? { ...row, result: { ...row.result, trace: name } } : row;
  });
  return { ...record, rows };
}

export function renamedDecode(record: DecodeRecord, names: ReadonlyMap<string, string>): DecodeRecord {
  const renamed = <T extends { readonly trace: string | null }>(of: T): T => ({
    ...of,
    trace: names.get(of.trace ?? '') ?? of.trace,
  });
  return { ...record, method: renamed(record.method), dense: renamed(record.dense) };
}

let made = 0;

/** Names a result of a file in the cache; never used again in the life of the page. */
export function nextStoredId(): string {
  made += 1;
  return `stored-${made}`;
}

export interface RestoredLab {
  readonly lab: LabState;
  readonly decode: DecodeState;
  readonly decodeSettings: DecodeSettings;
  readonly results: Partial<Results>;
  /** What was left out, in sentences. */
  readonly warnings: readonly string[];
}

export interface RestoredParts {
  readonly model: ModelInfo | undefined;
  /** The stored run of the prompt; undefined where there is none. */
  readonly cleanId: string | undefined;
  /** The engine's names of stored traces, by those of the file. */
  readonly traces: ReadonlyMap<string, string>;
}

/** `nextId`: names each in the cache of this window. */
export function restoreLab(
  stored: SessionState,
  { model, cleanId, traces }: RestoredParts,
  nextId: () => string,
): RestoredLab {
  const lab = stored['lab']?.data as LabData | undefined;
  const decode = stored['decode']?.data as DecodeData | undefined;
  const fits = (result: { readonly about: { modelId: string; layers: number; heads: number } } | null | undefined) =>
    !result ||
    (result.about.modelId === model?.modelId &&
      result.about.layers === model.layers &&
      result.about.heads === model.heads);
  const named = (trace: string | null) => (trace === null ? null : (traces.get(trace) ?? NOT_STORED));
  const own = {
    lab: lab?.result && fits(lab.result) ? lab.result : undefined,
    task: lab?.taskResult && fits(lab.taskResult) ? lab.taskResult : undefined,
    decode: decode?.result && fits(decode.result) ? decode.result : undefined,
  };
  const others = [lab?.result, lab?.taskResult, decode?.result].some((result) => !fits(result));
  const record = own.lab && unpack<LabRecord>(nameParts(own.lab, own.lab.runId === '' ? '' : (cleanId ?? ''), named));
  const task = own.task && unpack<LabTaskRecord>(own.task);
  const generated = own.decode && unpack<DecodeRecord>(nameBoth(own.decode, named));
  return {
    lab: lab ? labState(lab, record, task, nextId) : initialLab,
    decode: decode
      ? {
          ...initialDecode,
          under: decode.under,
          ...(generated
            ? {
                result: nextId(),
                step: Math.min(decode.step, Math.max(0, generated.method.tokens.length - 1)),
                key: decode.key,
              }
            : {}),
        }
      : initialDecode,
    decodeSettings: decode ? { choice: decode.choice, maxTokens: decode.maxTokens } : initialDecodeSettings,
    results: {
      ...(record ? { lab: record } : {}),
      ...(task ? { task } : {}),
      ...(generated ? { decode: generated } : {}),
    },
    warnings: others ? ['Results of the method lab do not fit the model and were left out.'] : [],
  };
}

/** What is looked at goes with the result that it is of. */
function labState(
  { shown, settings, row, maps, query, key, taskMeasure, columns, sort }: LabData,
  record: LabRecord | undefined,
  task: LabTaskRecord | undefined,
  nextId: () => string,
): LabState {
  const rows = record?.rows.length ?? 0;
  const tokens = record?.about.tokens ?? 0;
  return {
    ...initialLab,
    shown,
    settings: { ...initialLab.settings, ...settings },
    taskMeasure: taskMeasure ?? undefined,
    columns: LAB_COLUMN_GROUPS.filter((group) => columns.includes(group)),
    sort,
    ...(task ? { taskResult: nextId() } : {}),
    ...(record
      ? {
          result: nextId(),
          row: Math.min(row, Math.max(0, rows - 1)),
          maps: maps.filter((map) => map.row === null || map.row < rows),
          query: query !== null && query < tokens ? query : null,
          key: key !== null && key < tokens ? key : null,
        }
      : {}),
  };
}
