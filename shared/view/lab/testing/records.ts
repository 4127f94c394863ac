/** Results of the method lab as engines answer them, for tests: whatever is not given is made up and fits. */
import type { DecodeRecord, LabAbout, LabRecord, LabRow, LabTaskRecord } from '../../../model/lab.ts';
import type { MethodInfo, ResolvedMethod } from '../../../model/method.ts';
import type { MethodResult } from '../../../model/method-result.ts';
import type { MethodTaskRow, QuestionView } from '../../../model/method-task.ts';
import type { MethodGeneration } from '../../../model/method-views.ts';
import type { TokenView } from '../../../model/token-view.ts';

export interface LabShape {
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly tokens: number;
  /** First query under the methods. */
  readonly promptLength: number;
}

export const LAB_SHAPE: LabShape = { layers: 3, heads: 4, kvHeads: 2, tokens: 24, promptLength: 16 };

export function labAbout({ layers, heads, kvHeads, tokens, promptLength }: LabShape = LAB_SHAPE): LabAbout {
  return {
    modelId: 'abcdef0123456789',
    model: 'made-up',
    layers,
    heads,
    kvHeads,
    tokens,
    prompt: 'The ferry to the north',
    displays: Array.from({ length: tokens }, (_, at) => (at === 0 ? '<|bos|>' : `·w${at}`)),
    questionStart: promptLength,
    answerStart: tokens - 2,
    promptLength,
    question: 'unseen',
    fidelity: 'F3',
  };
}

export function methodInfo(id: string, name: string, part: Partial<MethodInfo> = {}): MethodInfo {
  return {
    id,
    name,
    definition: 'Reads some keys and leaves out the others.',
    source: 'Somebody 2024',
    classes: ['one-shot'],
    phases: ['decode'],
    granularity: 'head',
    evicts: true,
    readsQuery: false,
    needs: [],
    budget: { meaning: 'Keys a head reads.', default: 2048, source: 'section 4' },
    parameters: [
      {
        id: 'window',
        name: 'Window',
        meaning: 'Last keys that are always read.',
        default: 32,
        source: 'table 1',
        scaling: { by: 'tokens', least: 4, of: 4096 },
        min: 1,
        max: Infinity,
        integer: true,
      },
    ],
    cost: { step: '0', stored: '0', once: '2 w n d' },
    badge: 'layer-local',
    notes: [],
    ...part,
  };
}

const resolvedTo = (budget: number): ResolvedMethod => ({
  budget,
  budgetOrigin: 'given',
  parameters: { window: 4 },
  origins: { window: 'scaled' },
});

/** `share` of the keys is read, and recall rises with it. */
export function methodResult(
  method: string,
  share: number,
  { layers, heads, tokens, promptLength }: LabShape = LAB_SHAPE,
  part: Partial<MethodResult> = {},
): MethodResult {
  const count = layers * heads;
  const rows = tokens - promptLength;
  const read = share * tokens;
  const recalls = Float64Array.from({ length: count }, (_, at) => Math.sqrt(share) * (1 - at / (4 * count)));
  const recall = recalls.reduce((sum, value) => sum + value, 0) / count;
  const costs = { kvBytes: 4096 * read, readBytes: 2048 * read, flops: 1e5 * read };
  const answer = tokens - 2;
  return {
    method,
    fidelity: 'F3',
    phase: 'decode',
    badge: 'generated',
    resolved: resolvedTo(Math.max(1, Math.round(read))),
    params: { window: 4 },
    tokens,
    promptLength,
    rows,
    answerStart: answer,
    read,
    resident: read,
    needed: read,
    costs,
    denseCosts: { kvBytes: 4096 * tokens, readBytes: 2048 * tokens, flops: 1e5 * tokens },
    ratio: share,
    choosing: { stepFlops: 10, onceFlops: 1e4, storedBytes: 0 },
    bytesPerNumber: 2,
    density: { selected: share, computed: Math.min(1, 1.1 * share), blocks: 1 },
    denseHere: share > 0.95,
    emptyRows: 0,
    recall,
    recallSinkFree: recall * 0.8,
    recallValue: recall * 0.9,
    lostMass: 1 - recall,
    outputError: (1 - recall) / 2,
    outputErrorWO: (1 - recall) / 4,
    outputErrorWOSum: (1 - recall) / 3,
    oracle: { recall: Math.min(1, recall + 0.1), gap: Math.min(1, recall + 0.1) - recall, rows },
    heads: {
      recall: recalls,
      recallSinkFree: recalls.map((value) => value * 0.8),
      // A head without mass beyond its first keys has none.
      recallValue: recalls.with(0, NaN),
      outputError: recalls.map((value) => (1 - value) / 2),
      read: Float64Array.from({ length: count }, (_, at) => read * (1.5 - at / count)),
    },
    lostMassByQuery: Float64Array.from({ length: rows }, (_, row) => (1 - recall) * (1 + row / rows)),
    worst: { layer: layers - 1, head: heads - 1, recall: recalls.at(-1)! },
    prediction: {
      kl: 1 - recall,
      klByQuery: Float64Array.from({ length: rows }, (_, row) => (1 - recall) / (1 + row)),
      topChanged: 0.125,
      nllAnswer: 2 - share,
      nllAnswerDense: 0.5,
      nllByToken: Float64Array.of(3 - 2 * share, 1),
      nllByTokenDense: Float64Array.of(0.5, 0.5),
    },
    generated: {
      text: share >= 0.5 ? ' copper' : ' silver',
      ids: Int32Array.of(5, 6),
      denseText: ' copper',
      denseIds: Int32Array.of(5, 7),
      correct: share >= 0.5,
      denseCorrect: true,
      firstDifference: 1,
      agreement: 0.5,
    },
    notGiven: {},
    trace: `trace-${method}-${share}`,
    notes: [],
    ...part,
  };
}

const METHODS = [
  ['sink-window', 'StreamingLLM'],
  ['snapkv', 'SnapKV'],
  ['quest', 'Quest'],
] as const;
const SHARES = [0.125, 0.25, 0.5] as const;

/** Three methods with three budgets each, and one that failed. */
export function labRecord(shape: LabShape = LAB_SHAPE): LabRecord {
  const rows = METHODS.flatMap(([id, name], at) =>
    SHARES.map((share): LabRow => {
      const choice = { method: id, parameters: {}, budget: { share } };
      const result = methodResult(id, share * (1 + at / 4), shape);
      return { choice, info: methodInfo(id, name), result, error: null };
    }),
  );
  const failed: LabRow = {
    choice: { method: 'razor', parameters: { window: 2 }, budget: null },
    info: methodInfo('razor', 'RazorAttention', { needs: ['probe'], badge: 'proxy' }),
    result: null,
    error: { code: 'bad-request', message: 'RazorAttention needs probe scores.', hint: 'Import them.' },
  };
  return { about: labAbout(shape), runId: 'run-7', rows: [...rows, failed] };
}

export function labTaskRecord(questions: readonly QuestionView[] = ['unseen', 'seen']): LabTaskRecord {
  const { modelId, model, layers, heads, kvHeads } = labAbout();
  const rows = questions.flatMap((question, view) =>
    METHODS.flatMap(([method], at) =>
      SHARES.map((share): MethodTaskRow => {
        const value = Math.min(1, share + at / 8 + view / 8);
        const { read, resident, needed, ratio, costs, density, prediction, oracle, ...rest } = methodResult(
          method,
          share,
        );
        return {
          choice: { method, parameters: {}, budget: { share } },
          question,
          fidelity: 'F3',
          resolved: resolvedTo(3),
          measures: {
            read,
            resident,
            needed,
            ratio,
            kvBytes: costs.kvBytes,
            readBytes: costs.readBytes,
            stepFlops: costs.flops,
            selected: density.selected,
            recall: rest.recall,
            recallSinkFree: rest.recallSinkFree,
            recallValue: rest.recallValue,
            lostMass: rest.lostMass,
            outputError: rest.outputError,
            outputErrorWO: rest.outputErrorWO,
            oracleGap: oracle.gap,
            kl: prediction?.kl ?? null,
            nllAnswer: prediction?.nllAnswer ?? null,
          },
          accuracy: { value, low: Math.max(0, value - 0.2), high: Math.min(1, value + 0.1) },
          n: 15,
          denseHere: 0,
          notGiven: {},
        };
      }),
    ),
  );
  return {
    about: { modelId, model, layers, heads, kvHeads },
    names: Object.fromEntries(METHODS),
    task: 'needle',
    parameters: { keyLength: 2 },
    lengths: [256],
    depths: [0.1, 0.5, 0.9],
    samples: 5,
    seed: 0,
    rows,
  };
}

function generation(method: string, words: readonly string[], prompt: readonly TokenView[]): MethodGeneration {
  const tokens = words.map((display, step) => ({
    id: step,
    display,
    text: display.replace('·', ' '),
    prob: 0.9 / (step + 1),
    top: [0, 1, 2, 3, 4].map((rank) => ({
      id: rank,
      display: rank === 0 ? display : `·t${rank}`,
      text: ` t${rank}`,
      prob: 0.9 / (step + 1) / (rank + 1),
      logit: -rank,
    })),
  }));
  const views = [
    ...prompt,
    ...tokens.map(({ id, display, text }) => ({ id, display, text, start: -1, end: -1, special: false })),
  ];
  return {
    promptTokens: prompt.length,
    tokens,
    text: tokens.map(({ text }) => text).join(''),
    stopped: 'length',
    milliseconds: 12,
    method,
    resolved: resolvedTo(6),
    params: { window: 4 },
    promptLength: prompt.length - 4,
    views,
    ids: Int32Array.from(views, ({ id }) => id),
    trace: `trace-${method}`,
    notes: [],
  };
}

/** They part at the third token. */
export function decodeRecord(): DecodeRecord {
  const tokens = LAB_SHAPE.promptLength;
  const about = { ...labAbout({ ...LAB_SHAPE, tokens, promptLength: tokens - 4 }), answerStart: null };
  const prompt = about.displays.map((display, at): TokenView => ({
    id: at,
    display,
    text: display.replace('·', ' '),
    start: at,
    end: at + 1,
    special: at === 0,
  }));
  return {
    about,
    method: generation('snapkv', ['·the', '·old', '·silver', '·key', '.'], prompt),
    dense: generation('dense', ['·the', '·old', '·copper', '·key'], prompt),
    info: methodInfo('snapkv', 'SnapKV'),
    maxTokens: 5,
  };
}
