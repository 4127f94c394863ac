/** The method lab in a session: what is saved comes back, bit for bit. */
import { describe, expect, it } from 'vitest';
import type { RunSummary } from '../../shared/contract/methods.ts';
import { readState } from '../../shared/session/read-state.ts';
import type { SessionState } from '../../shared/session/session-state.ts';
import { decodeRecord, labRecord, labTaskRecord } from '../../shared/view/lab/testing/records.ts';
import { DataCache } from '../engine/data-cache.ts';
import { summaryKey } from '../engine/data-keys.ts';
import { decodeKey, labKey, labTaskKey } from '../lab/lab-keys.ts';
import { initialState, type AppState } from '../state/store.ts';
import { chooseTraces, collectLab, packedLab, renamedDecode, renamedLab, restoreLab } from './stored-lab.ts';

const { about } = labRecord();
const MODEL = { modelId: about.modelId, layers: about.layers, heads: about.heads } as NonNullable<
  AppState['model']['info']
>;

function filled() {
  const cache = new DataCache();
  const records = { lab: labRecord(), task: labTaskRecord(), decode: decodeRecord() };
  cache.set(labKey('a'), { status: 'ready', value: records.lab });
  cache.set(labTaskKey('b'), { status: 'ready', value: records.task });
  cache.set(decodeKey('c'), { status: 'ready', value: records.decode });
  const state: AppState = {
    ...initialState,
    lab: {
      ...initialState.lab,
      shown: 'maps',
      settings: {
        ...initialState.lab.settings,
        entries: [{ method: 'quest', parameters: { page: 8 }, budgets: [{ keys: 64 }] }],
        answer: ' copper',
        question: 'seen',
        measure: 'kl',
      },
      result: 'a',
      taskResult: 'b',
      row: 4,
      maps: [
        { row: null, value: 'probability' },
        { row: 7, value: 'lost' },
      ],
      query: 20,
      key: 3,
      taskMeasure: 'recall',
      columns: ['keys', 'answer'],
      sort: { column: 'kl', descending: true },
    },
    decode: { ...initialState.decode, result: 'c', under: 'dense', step: 2, key: 5 },
    edit: { ...initialState.edit, decode: { ...initialState.edit.decode, maxTokens: 5 } },
  };
  return { cache, state, records };
}

/** As a file holds it: through JSON and the check of its slices. */
function saved({ cache, state }: ReturnType<typeof filled>): SessionState {
  const { lab, decode, left } = collectLab(state, cache);
  expect(left).toEqual([]);
  const json = JSON.stringify({ lab: { version: 1, data: lab }, decode: { version: 1, data: decode } });
  const { known, warnings } = readState(JSON.parse(json));
  expect(warnings).toEqual([]);
  return known;
}

const ids = () => {
  let next = 0;
  return () => `s${(next += 1)}`;
};

describe('the method lab in a session', () => {
  it('opens as it was saved, to the bit', () => {
    const before = filled();
    const { state, records, cache } = before;
    const kept = chooseTraces(state, cache);
    const traces = new Map(kept.map(({ name, trace }) => [name, trace]));
    const restored = restoreLab(saved(before), { model: MODEL, cleanId: undefined, traces }, ids());
    expect(restored.warnings).toEqual([]);
    expect(restored.lab).toEqual({ ...state.lab, result: 's2', taskResult: 's1' });
    expect(restored.decode).toEqual({ ...state.decode, result: 's3' });
    expect(restored.decodeSettings).toEqual(state.edit.decode);
    expect(restored.results.task).toEqual(records.task);
    expect(restored.results.decode).toEqual(records.decode);
    // A NaN among them, and typed arrays; the run and what was read by rows that nobody looks at are gone.
    const shown = [4, 7];
    expect(restored.results.lab).toEqual({
      ...records.lab,
      runId: '',
      rows: records.lab.rows.map((row, at) =>
        row.result && !shown.includes(at) ? { ...row, result: { ...row.result, trace: 'not-stored' } } : row,
      ),
    });
    const { result } = restored.results.lab!.rows[0]!;
    expect(result?.heads.recallValue).toBeInstanceOf(Float64Array);
    expect(result?.heads.recallValue[0]).toBeNaN();
    expect(restored.results.lab!.rows[0]!.info.parameters[0]!.max).toBe(Infinity);
  });

  it('keeps what was read by rows that are looked at, six at most, and by what was generated', () => {
    const { state, cache } = filled();
    expect(chooseTraces(state, cache)).toEqual([
      { name: 'lab-4', trace: 'trace-snapkv-0.3125', run: null },
      { name: 'lab-7', trace: 'trace-quest-0.375', run: null },
      { name: 'decode-method', trace: 'trace-snapkv', run: null },
      { name: 'decode-dense', trace: 'trace-dense', run: null },
    ]);
    const untouched = { ...state, lab: { ...state.lab, maps: [], row: 8 } };
    const names = chooseTraces(untouched, cache).map(({ name }) => name);
    expect(names).toEqual([...[8, 0, 1, 2, 3, 4].map((row) => `lab-${row}`), 'decode-method', 'decode-dense']);
  });

  it('knows the run that the session holds by its role', () => {
    const before = filled();
    const clean = { runId: 'run-7' } as AppState['run']['clean'];
    const own = { ...before, state: { ...before.state, run: { ...before.state.run, clean } } };
    expect(chooseTraces(own.state, own.cache).map(({ run }) => run)).toEqual(['clean', 'clean', null, null]);
    const parts = { model: MODEL, cleanId: 'session-1-clean', traces: new Map<string, string>() };
    expect(restoreLab(saved(own), parts, ids()).results.lab?.runId).toBe('session-1-clean');
  });

  it('saves again what was opened as it was', () => {
    const before = filled();
    const first = saved(before);
    const names = chooseTraces(before.state, before.cache).map(({ name }) => [name, name] as const);
    const { lab, decode, decodeSettings, results } = restoreLab(
      first,
      { model: MODEL, cleanId: undefined, traces: new Map(names) },
      ids(),
    );
    const cache = new DataCache();
    cache.set(labKey(lab.result!), { status: 'ready', value: results.lab! });
    cache.set(labTaskKey(lab.taskResult!), { status: 'ready', value: results.task! });
    cache.set(decodeKey(decode.result!), { status: 'ready', value: results.decode! });
    const again = {
      ...before,
      cache,
      state: { ...initialState, lab, decode, edit: { ...initialState.edit, decode: decodeSettings } },
    };
    expect(JSON.stringify(saved(again))).toBe(JSON.stringify(first));
    // What the file did not hold is not asked of an engine.
    const without = restoreLab(first, { model: MODEL, cleanId: undefined, traces: new Map() }, ids()).results;
    cache.set(labKey(lab.result!), { status: 'ready', value: without.lab! });
    cache.set(decodeKey(decode.result!), { status: 'ready', value: without.decode! });
    expect(chooseTraces(again.state, cache)).toEqual([]);
  });

  it('leaves results of another model out, with a sentence, and keeps the settings', () => {
    const before = filled();
    const parts = { model: { ...MODEL, modelId: 'another' }, cleanId: undefined, traces: new Map<string, string>() };
    const { lab, decode, results, warnings } = restoreLab(saved(before), parts, ids());
    expect(results).toEqual({});
    expect(warnings).toEqual(['Results of the method lab do not fit the model and were left out.']);
    expect([lab.result, lab.taskResult, decode.result]).toEqual([undefined, undefined, undefined]);
    expect([lab.settings, lab.row, lab.maps]).toEqual([before.state.lab.settings, 0, []]);
  });

  it('begins anew where a file has nothing of it', () => {
    const parts = { model: MODEL, cleanId: undefined, traces: new Map<string, string>() };
    const { lab, decode, decodeSettings, warnings } = restoreLab({}, parts, ids());
    expect([lab, decode, warnings]).toEqual([initialState.lab, initialState.decode, []]);
    expect(decodeSettings).toEqual(initialState.edit.decode);
  });

  it('opens files from before columns, sorting and axes were kept, as they are shown at first', () => {
    const before = filled();
    const { lab, decode } = saved(before);
    const { columns, sort, taskMeasure, settings, ...rest } = lab!.data as Record<string, unknown>;
    expect([columns, sort, taskMeasure].every((field) => field !== undefined)).toBe(true);
    const { logCost, answerFrom, task, ...kept } = settings as Record<string, unknown>;
    const { fidelity, ...taskKept } = task as Record<string, unknown>;
    expect([logCost, answerFrom, fidelity].every((field) => field !== undefined)).toBe(true);
    const old = { ...rest, settings: { ...kept, task: taskKept } };
    const { known, warnings } = readState({ lab: { version: 1, data: old }, decode: decode! });
    expect(warnings).toEqual([]);
    const parts = { model: MODEL, cleanId: undefined, traces: new Map<string, string>() };
    const opened = restoreLab(known, parts, ids()).lab;
    expect(opened).toEqual({
      ...before.state.lab,
      result: 's2',
      taskResult: 's1',
      columns: initialState.lab.columns,
      sort: null,
      taskMeasure: undefined,
    });
  });

  it('shows a group of columns once, whatever a file says', () => {
    const { lab } = saved(filled());
    const twice = { ...(lab!.data as object), columns: ['answer', 'keys', 'answer'] };
    const { known } = readState({ lab: { version: 1, data: twice } });
    const parts = { model: MODEL, cleanId: undefined, traces: new Map<string, string>() };
    expect(restoreLab(known, parts, ids()).lab.columns).toEqual(['keys', 'answer']);
  });

  it('leaves out what there is no room for, the largest first', () => {
    const { state, cache, records } = filled();
    const long = 'x'.repeat(2 ** 20);
    const rows = Array.from({ length: 13 }, () => {
      const [row] = records.lab.rows as [(typeof records.lab.rows)[number]];
      return { ...row, result: { ...row.result!, generated: { ...row.result!.generated!, text: long } } };
    });
    cache.set(labKey('a'), { status: 'ready', value: { ...records.lab, rows } });
    const { lab, decode, left } = collectLab(state, cache);
    expect([lab.result, left]).toEqual([null, ['comparison of methods']]);
    expect([lab.taskResult, decode.result].every((result) => result !== null)).toBe(true);
  });

  it('is refused where numbers do not fit what they are of, the rest of the session is not', () => {
    const { lab, decode } = saved(filled());
    const data = lab!.data as { result: Record<string, unknown> & { rows: readonly { result: object }[] } };
    const [row, ...others] = data.result.rows;
    const wrong = (result: object) => ({
      lab: { version: 1, data: { ...data, result: { ...data.result, rows: [{ ...row, result }, ...others] } } },
      decode: decode!,
    });
    const bad = [
      { ...row!.result, heads: { ...(row!.result as { heads: object }).heads, read: { f64: 'AAAAAAAAAAA=' } } },
      { ...row!.result, worst: { layer: 99, head: 0, recall: 0 } },
      { ...row!.result, lostMassByQuery: { f64: '' } },
      { ...row!.result, params: { f64: 'nonsense' } },
      { ...row!.result, recall: 'much' },
    ];
    for (const result of bad) {
      const { known, warnings } = readState(wrong(result));
      expect(warnings).toEqual(['The results of the method lab could not be read.']);
      expect(Object.keys(known)).toEqual(['decode']);
    }
    expect(readState(wrong(row!.result)).warnings).toEqual([]);
  });

  it('takes the run on screen for that of the comparison where it is of the same tokens, in figures and in the file', () => {
    const { state, cache, records } = filled();
    expect(packedLab(state, cache).lab?.runId).toBe(records.lab.runId);
    const clean = { key: '3/stored', runId: 'stored' } as AppState['run']['clean'];
    const shown = { ...state, run: { ...state.run, clean } };
    const { displays } = records.lab.about;
    const put = (names: readonly string[]) => {
      const tokens = names.map((display) => ({ display }));
      cache.set(summaryKey('3/stored'), { status: 'ready', value: { tokens } as unknown as RunSummary });
    };
    const kept = () => [collectLab(shown, cache).lab.result?.runId, chooseTraces(shown, cache)[0]?.run];
    put(displays);
    expect(packedLab(shown, cache).lab?.runId).toBe('stored');
    expect(kept()).toEqual(['clean', 'clean']);
    put([...displays, ' more']);
    expect(packedLab(shown, cache).lab?.runId).toBe(records.lab.runId);
    expect(kept()).toEqual(['', null]);
  });

  it('gives figures the names that the engine knows, and follows when it gives others', () => {
    const { state, cache, records } = filled();
    expect(packedLab(state, cache).lab?.rows[0]?.result?.trace).toBe(records.lab.rows[0]!.result!.trace);
    const names = new Map([
      ['trace-snapkv-0.3125', 'trace-1'],
      ['trace-dense', 'trace-2'],
    ]);
    const { rows } = renamedLab(records.lab, names);
    expect(rows.map(({ result }) => result?.trace).filter((trace) => trace?.startsWith('trace-1'))).toEqual([
      'trace-1',
    ]);
    const { method, dense } = renamedDecode(records.decode, names);
    expect([method.trace, dense.trace]).toEqual(['trace-snapkv', 'trace-2']);
  });
});
