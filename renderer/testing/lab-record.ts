/** A comparison as the lab makes it, for tests: every row reads a window of the stand-in for the engine. */
import type { LabRecord, LabRow } from '../../shared/model/lab.ts';
import type { MethodInfo } from '../../shared/model/method.ts';
import type { MethodResult } from '../../shared/model/method-result.ts';
import { fakeReads, fakeTrace } from './fake-kept.ts';

interface LabRecordOptions {
  readonly layers?: number;
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly tokens?: number;
  readonly promptLength?: number;
  readonly runId?: string;
  readonly modelId?: string;
  readonly displays?: readonly string[];
  /** Keys of the window of each row. */
  readonly windows?: readonly number[];
}

export function makeMethodInfo(id: string, info: Partial<MethodInfo> = {}): MethodInfo {
  return {
    id,
    name: 'Sink + window',
    definition: 'Reads the first keys and the last ones.',
    source: '',
    classes: ['static'],
    phases: ['decode'],
    granularity: 'head',
    evicts: true,
    readsQuery: false,
    needs: [],
    budget: { meaning: 'Keys read.', default: null, source: '' },
    parameters: [],
    cost: { step: '0', stored: '0', once: '0' },
    badge: 'layer-local',
    notes: [],
    ...info,
  };
}

export function makeLabRecord(options: LabRecordOptions = {}): LabRecord {
  const { layers = 4, heads = 8, kvHeads = 4, tokens = 40, promptLength = 30, runId = 'r1' } = options;
  const displays = options.displays ?? Array.from({ length: tokens }, (_, at) => `·w${at}`);
  const shape = { layers, heads, tokens, promptLength, runId };
  return {
    about: {
      modelId: options.modelId ?? 'fake-demo-4x8',
      model: 'demo',
      layers,
      heads,
      kvHeads,
      tokens,
      prompt: 'The ferry',
      displays,
      questionStart: promptLength,
      answerStart: tokens - 2,
      promptLength,
      question: 'unseen',
      fidelity: 'F1',
    },
    runId,
    rows: (options.windows ?? [6]).map((window): LabRow => {
      const choice = { method: 'sink-window', parameters: {}, budget: { keys: window } };
      return { choice, info: makeMethodInfo('sink-window'), result: resultOf(shape, window), error: null };
    }),
  };
}

type Shape = Required<Pick<LabRecordOptions, 'layers' | 'heads' | 'tokens' | 'promptLength' | 'runId'>>;

function resultOf({ layers, heads, tokens, promptLength, runId }: Shape, window: number): MethodResult {
  const rows = tokens - promptLength;
  const readAt = (at: number) => {
    let read = 0;
    for (let query = promptLength; query < tokens; query++) {
      for (let key = 0; key <= query; key++) {
        read += Number(fakeReads(window, Math.floor(at / heads), at % heads, query, key));
      }
    }
    return read / rows;
  };
  const read = Float64Array.from({ length: layers * heads }, (_, at) => readAt(at));
  const mean = read.reduce((sum, keys) => sum + keys, 0) / read.length;
  const recall = read.map((keys) => Math.min(1, keys / tokens));
  const least = recall.indexOf(Math.min(...recall));
  const costs = { kvBytes: 1024 * mean, readBytes: 1024 * mean, flops: 4096 * mean };
  const lostMass = 1 - recall.reduce((sum, value) => sum + value, 0) / recall.length;
  return {
    method: 'sink-window',
    fidelity: 'F1',
    phase: 'decode',
    badge: 'layer-local',
    resolved: { budget: window, budgetOrigin: 'given', parameters: {}, origins: {} },
    params: {},
    tokens,
    promptLength,
    rows,
    answerStart: tokens - 2,
    read: mean,
    resident: mean,
    needed: mean,
    costs,
    denseCosts: { kvBytes: 1024 * tokens, readBytes: 1024 * tokens, flops: 4096 * tokens },
    ratio: mean / tokens,
    choosing: { stepFlops: 0, onceFlops: 0, storedBytes: 0 },
    bytesPerNumber: 2,
    density: { selected: mean / tokens, computed: 1, blocks: 1 },
    denseHere: false,
    emptyRows: 0,
    recall: 1 - lostMass,
    recallSinkFree: 1 - lostMass,
    recallValue: 1 - lostMass,
    lostMass,
    outputError: lostMass,
    outputErrorWO: lostMass,
    outputErrorWOSum: lostMass,
    oracle: { recall: 1, gap: lostMass, rows },
    heads: { recall, recallSinkFree: recall, recallValue: recall, outputError: recall.map((one) => 1 - one), read },
    lostMassByQuery: Float64Array.from({ length: rows }, (_, row) => (lostMass * (row + 1)) / rows),
    worst: { layer: Math.floor(least / heads), head: least % heads, recall: recall[least]! },
    prediction: null,
    generated: null,
    notGiven: {},
    trace: fakeTrace(runId, promptLength, window),
    notes: [],
  };
}
