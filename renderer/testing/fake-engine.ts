/**
 * A stand-in for the engine, for tests and the gallery only: the whole contract, with synthetic attention
 * (`fake-attention.ts`) in place of a model. Deterministic, and slow on demand, so that cancelling can be tried.
 */
import { AppError, CancelledError } from '../../shared/base/app-error.ts';
import type { CallContext, Handlers } from '../../shared/contract/handlers.ts';
import type { MethodName, ParsedParamsOf, Prompt, RunSummary, Tokenized } from '../../shared/contract/methods.ts';
import type { GeneratedToken, Generation, GenerationEnd } from '../../shared/model/generation.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import { interventionsKey } from '../../shared/model/intervention-text.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import type { ScoreInfo, ScoreTable } from '../../shared/model/score.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import { TILE_SIZE } from '../../shared/tensor/tile.ts';
import { createFakeEffects } from './fake-effects.ts';
import { createFakeFigures, type FakeFigures } from './fake-figures.ts';
import { createFakeHeadPage } from './fake-head-page.ts';
import { createFakeKept } from './fake-kept.ts';
import { createFakeScores } from './fake-scores.ts';
import { createFakeSessions, type FakeSessions } from './fake-sessions.ts';
import { FakeAttention, kindOf } from './fake-attention.ts';
import { createFakeMethods } from './fake-methods.ts';
import { fakeSinks } from './fake-sinks.ts';
import { makeScoreInfo, makeScoreTable } from '../../shared/model/testing/score-table.ts';

export interface FakeEngineOptions {
  readonly layers?: number;
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly context?: number;
  readonly tokenizer?: boolean;
  readonly bos?: boolean;
  /** Pause before each layer of a run. */
  readonly layerMs?: number;
  /** Pause before each generated token. */
  readonly tokenMs?: number;
  readonly exampleText?: string;
  /** Finds the run of the same tokens again, as the engine does; else every run has a name of its own. */
  readonly findsRuns?: boolean;
}

export const FAKE_TEXT =
  'The ferry reached the old harbour before dawn and nobody on the quay looked up from their nets. The secret word of Maren is copper lantern. Later that week the wind turned and the boats stayed in, and the children counted gulls from the wall until the lamps were lit. Question: What is the secret word of Maren? Answer:';

interface FakeRun {
  readonly summary: RunSummary;
  readonly attention: FakeAttention;
}

/** Every call the engine was asked to make, for tests to look at. */
export interface FakeCall {
  readonly method: MethodName;
  readonly params: unknown;
}

export interface FakeEngine {
  readonly sessions: FakeSessions;
  readonly figures: FakeFigures;
  readonly handlers: Handlers<MethodName>;
  readonly calls: FakeCall[];
  /** Forgets model and runs, as a new process would have. */
  readonly reset: () => void;
  onRestartAsked: (() => void) | undefined;
  /** Where set, `model.open` and `run.start` wait for it. */
  gate: Promise<void> | undefined;
  /** Where set, `generate.start` fails with it after three tokens. */
  generationFailure: AppError | undefined;
}

export function createFakeEngine(options: FakeEngineOptions = {}): FakeEngine {
  const { layers = 4, heads = 8, kvHeads = 4, context = 1024, layerMs = 0, tokenMs = 0 } = options;
  const withTokenizer = options.tokenizer ?? true;
  const withBos = options.bos ?? true;
  const runs = new Map<string, FakeRun>();
  let info: ModelInfo | undefined;
  let nextRun = 1;

  const figures = createFakeFigures();
  const sessions = createFakeSessions({
    find: (runId) => find(runId).summary,
    attach: (summary, as) => void runs.set(as, { summary, attention: new FakeAttention(summary.ids) }),
    model: () => info,
  });

  const engine: FakeEngine = {
    sessions,
    figures,
    calls: [],
    gate: undefined,
    generationFailure: undefined,
    onRestartAsked: undefined,
    reset: () => {
      info = undefined;
      runs.clear();
      nextRun = 1;
    },
    handlers: {} as Handlers<MethodName>,
  };

  function opened(): ModelInfo {
    if (!info) throw new AppError('no-model', 'No model is open.');
    return info;
  }

  function find(runId: string): FakeRun {
    const run = runs.get(runId);
    if (!run) throw new AppError('unknown-run', `There is no run ${runId}.`);
    return run;
  }

  function tokenize(prompt: Prompt): Tokenized {
    if (prompt.kind === 'ids') {
      return { ids: prompt.ids, tokens: Array.from(prompt.ids, (id) => idToken(id)), more: false };
    }
    if (!withTokenizer) throw new AppError('no-tokenizer', 'This model has no tokenizer.');
    const tokens: TokenView[] = [];
    if (prompt.bos && withBos) {
      tokens.push({ id: 0, display: '<|start|>', text: '', start: -1, end: -1, special: true });
    }
    for (const match of prompt.text.matchAll(/ ?[\p{L}\p{N}]+| ?[^\s\p{L}\p{N}]+|\s/gu)) {
      tokens.push(textToken(match[0], match.index));
    }
    return { ids: Int32Array.from(tokens, (token) => token.id), tokens, more: false };
  }

  async function layersPass(callContext: CallContext, from: number): Promise<void> {
    const begun = Date.now();
    for (let layer = from; layer < layers; layer++) {
      const done = layer - from;
      const etaMs = done === 0 ? null : ((Date.now() - begun) / done) * (layers - layer);
      callContext.progress({ phase: `Layer ${layer + 1} of ${layers}`, done, total: layers - from, etaMs });
      await wait(layerMs, callContext.signal);
    }
  }

  async function start(
    { prompt, interventions, cut }: { prompt: Prompt; interventions: readonly Intervention[]; cut: boolean },
    callContext: CallContext,
  ): Promise<RunSummary> {
    await gated(engine.gate, callContext.signal);
    opened();
    const all = tokenize(prompt);
    if (all.ids.length === 0) throw new AppError('prompt-empty', 'The prompt is empty.', { hint: 'Type some text.' });
    const over = all.ids.length - context;
    if (over > 0 && !cut) {
      throw new AppError('prompt-too-long', `The prompt has ${all.ids.length} tokens; the model reads ${context}.`, {
        hint: `Cut it to ${context} tokens.`,
        details: { tokens: all.ids.length, limit: context },
      });
    }
    const ids = over > 0 ? all.ids.slice(0, context) : all.ids;
    const first = Math.min(layers, ...interventions.map((entry) => entry.where.layer));
    await layersPass(callContext, interventions.length > 0 ? first : 0);
    const same = [...runs.values()].find(
      ({ summary: made }) =>
        made.ids.join() === ids.join() && interventionsKey(made.interventions) === interventionsKey(interventions),
    );
    if (options.findsRuns && same) return same.summary;
    const runId = `r${nextRun++}`;
    const summary: RunSummary = {
      runId,
      modelId: opened().modelId,
      ids,
      tokens: all.tokens.slice(0, ids.length),
      interventions,
      computedFrom: interventions.length > 0 ? first : 0,
      next: nextTokens(interventions),
      nll: nllOf(ids, interventions),
      cutTokens: Math.max(0, over),
      badges: ['exact'],
      provider: 'cpu',
      milliseconds: layerMs * layers,
      captureBytes: ids.length * layers * heads * 512,
    };
    runs.set(runId, { summary, attention: new FakeAttention(ids) });
    return summary;
  }

  /** Writes a sentence of its own, the same every time but for interventions and seed, and then ends. */
  async function generate(
    { prompt, interventions, maxTokens, sampling }: ParsedParamsOf<'generate.start'>,
    callContext: CallContext,
  ): Promise<Generation> {
    opened();
    const promptTokens = tokenize(prompt).ids.length;
    const begun = Date.now();
    const tokens: GeneratedToken[] = [];
    const soFar = (stopped: GenerationEnd | null): Generation => ({
      promptTokens,
      tokens: [...tokens],
      text: tokens.map(({ text }) => text).join(''),
      stopped,
      milliseconds: Math.max(1, Date.now() - begun),
    });
    callContext.progress({ phase: `Layer 1 of ${layers}`, done: 0, total: layers, etaMs: null });
    const words = wordsOf(interventions, sampling.kind === 'sample' ? sampling.seed : 0);
    for (const [step, word] of words.entries()) {
      if (step === maxTokens) return soFar('length');
      if (promptTokens + step >= context) return soFar('context');
      await wait(tokenMs, callContext.signal);
      if (step === 3 && engine.generationFailure) throw engine.generationFailure;
      tokens.push(generatedToken(word, step, withTokenizer));
      const phase = `Token ${step + 1} of at most ${maxTokens}`;
      callContext.progress({ phase, done: step + 1, total: maxTokens, etaMs: null, partial: soFar(null) });
    }
    return soFar('end-token');
  }

  const forTheHost = async () => Promise.reject(new AppError('not-allowed', 'Pages cannot ask for this.'));
  const noTasks = async () => Promise.reject(new AppError('not-allowed', 'The stand-in for the engine has no tasks.'));

  const scores = createFakeScores({
    quick: SCORES.map((score) => makeScoreInfo(score.id, score)),
    layers,
    heads,
    ofRun: (runId) => scoresOf(find(runId), layers, heads),
    stepMs: layerMs,
  });

  const handlers: Handlers<MethodName> = {
    'model.open': async ({ path }, callContext) => {
      callContext.progress({ phase: 'Reading weights', done: 0, total: 1, etaMs: null });
      await gated(engine.gate, callContext.signal);
      if (path.includes('broken')) {
        throw new AppError('not-a-model', `${path} holds no config.json.`, { hint: 'Choose a folder that has one.' });
      }
      runs.clear();
      info = {
        modelId: `fake-${path}-${layers}x${heads}`,
        name: path === 'demo' ? 'demo' : path.replace(/.*\//, ''),
        path,
        source: path === 'demo' ? 'shipped' : 'folder',
        family: 'qwen2',
        architecture: 'Qwen2ForCausalLM',
        layers,
        heads,
        kvHeads,
        headDim: 32,
        dModel: heads * 32,
        vocabSize: 4096,
        context,
        dtype: 'F32',
        parameters: 6_400_000,
        weightsBytes: 25_600_000,
        slidingWindow: Array.from({ length: layers }, () => null),
        rope: 'default, theta 10000',
        tokenizer: withTokenizer
          ? { available: true }
          : { available: false, reason: 'The folder has no tokenizer.json.' },
        bos: withBos ? { id: 0, text: '<|start|>' } : null,
        bosByDefault: withBos,
        ignoredFields: ['use_cache', 'transformers_version'],
        warnings: path.includes('pythia') ? ['The special id 50300 is outside the vocabulary.'] : [],
      };
      return info;
    },
    'prompt.tokenize': async ({ prompt }) => {
      opened();
      return Promise.resolve(tokenize(prompt));
    },
    'run.estimate': async ({ tokens }) =>
      Promise.resolve({
        tokens,
        milliseconds: layerMs * layers + tokens * 0.4,
        bytes: tokens * layers * heads * 512,
        peakBytes: 2 ** 28 + tokens * layers * heads * 512,
        fits: true,
        onDisk: false,
      }),
    'run.start': start,
    'run.release': async ({ runId }) => {
      runs.delete(runId);
      return Promise.resolve(null);
    },
    'run.tile': async (params) => {
      const { attention, summary } = find(params.runId);
      return Promise.resolve(tileOf(attention, summary.ids.length, params));
    },
    'run.region': async ({ runId, layer, head, rowStart, rowEnd, keyStart, keyEnd }) => {
      const { attention } = find(runId);
      const cells = [];
      for (let query = rowStart; query < rowEnd; query++) {
        for (let key = keyStart; key < Math.min(keyEnd, query + 1); key++) {
          cells.push({ query, key, probability: attention.p(layer, head, query, key) });
        }
      }
      const queryMass = new Float32Array(rowEnd - rowStart);
      const keyMass = new Float32Array(keyEnd - keyStart);
      for (const { query, key, probability } of cells) {
        queryMass[query - rowStart]! += probability;
        keyMass[key - keyStart]! += probability;
      }
      const top = cells.toSorted((a, b) => b.probability - a.probability).slice(0, 24);
      return Promise.resolve({ cells: cells.length, queryMass, keyMass, top });
    },
    'run.miniatures': async ({ runId }) => {
      const { attention, summary } = find(runId);
      const size = Math.min(32, summary.ids.length);
      const values = new Float32Array(layers * heads * size * size).fill(NaN);
      for (let at = 0; at < values.length; at++) {
        const [key, query] = [at % size, Math.floor(at / size) % size];
        const head = Math.floor(at / size ** 2);
        if (key <= query) values[at] = attention.p(Math.floor(head / heads), head % heads, query, key);
      }
      return Promise.resolve({ size, values });
    },
    'run.token': async ({ runId, layer, head, index }) => {
      const { attention, summary } = find(runId);
      const n = summary.ids.length;
      const outgoing = Float32Array.from({ length: n }, (_, k) => attention.p(layer, head, index, k));
      const incoming = Float32Array.from({ length: n }, (_, q) => attention.p(layer, head, q, index));
      return Promise.resolve({ outgoing, incoming });
    },
    'run.head': async ({ runId, layer, head }) => {
      const { attention, summary } = find(runId);
      return Promise.resolve(profileOf(attention, summary.ids.length, layer, head));
    },
    'run.cell': async ({ runId, layer, head, query, key }) => {
      const { attention } = find(runId);
      const probability = attention.p(layer, head, query, key);
      let rank = 1;
      for (let k = 0; k <= query; k++) if (attention.p(layer, head, query, k) > probability) rank += 1;
      return Promise.resolve({
        probability,
        logit: attention.logit(layer, head, query, key),
        rank,
        visible: query + 1,
      });
    },
    'generate.start': generate,
    ...scores,
    ...createFakeHeadPage({ layers, heads, find }),
    'run.sinks': async ({ runId, threshold }) =>
      Promise.resolve(fakeSinks(find(runId).summary.ids.length, { layers, heads, kvHeads }, threshold)),
    'run.spans': async ({ spans }) =>
      Promise.resolve({
        scores: spans.map(({ name }, at) =>
          makeScoreTable(`span-${at}`, new Float64Array(layers * heads).fill(0.1 * (at + 1)), { name }),
        ),
      }),
    'run.influence': noTasks,
    'task.run': noTasks,
    ...createFakeKept({ layers, heads, find }),
    ...createFakeMethods({
      layers,
      heads,
      kvHeads,
      summary: (runId) => find(runId).summary,
      tokenize,
      run: async (ids, context) => {
        const of = { prompt: { kind: 'ids', ids }, interventions: [], cut: false } as const;
        return (await handlers['run.start']({ ...of, interventions: [] }, context)).runId;
      },
      stepMs: layerMs,
    }),
    'method.store': noTasks,
    'method.attach': noTasks,
    'run.logits': async ({ runId, tokens }) => {
      const { next } = find(runId).summary;
      const probabilities = Float64Array.from(tokens, (id) => next.find((one) => one.id === id)?.prob ?? 0.0004);
      const logits = Float32Array.from(probabilities, (p) => Math.log(p) + 12);
      return Promise.resolve({ logits, probabilities });
    },
    ...createFakeEffects({
      layers,
      heads,
      kvHeads,
      summary: (runId) => find(runId).summary,
      tokenize,
      stepMs: layerMs,
    }),
    'run.compare': async ({ clean, changed }) => {
      const before = find(clean).summary;
      const after = find(changed).summary;
      const prob = (summary: RunSummary, id: number) => summary.next.find((choice) => choice.id === id)?.prob ?? 0.0004;
      const both = (choices: RunSummary['next']) =>
        choices.map(({ id, display }) => ({ id, display, clean: prob(before, id), changed: prob(after, id) }));
      const nllDelta = after.nll.map((value, i) => value - before.nll[i]!);
      return Promise.resolve({
        kl: before.next.reduce((sum, { id, prob: p }) => sum + p * Math.log(p / prob(after, id)), 0),
        klPerToken: nllDelta.map((value) => Math.abs(value) / 2),
        nllDelta,
        topChanged: Uint8Array.from(nllDelta, (value) => (value > 1 ? 1 : 0)),
        before: both(before.next),
        after: both(after.next),
      });
    },
    'run.store': forTheHost,
    'run.writeTensors': forTheHost,
    'run.attach': forTheHost,
    ...sessions.handlers,
    ...figures.handlers,
    'shell.models': async () =>
      Promise.resolve({
        models: [
          { path: 'demo', name: 'demo', detail: '4 layers × 8 heads · shipped', source: 'shipped' },
          { path: '/models/pythia-70m', name: 'pythia-70m', detail: '/models/pythia-70m', source: 'recent' },
          { path: '/models/broken', name: 'broken', detail: '/models/broken', source: 'recent' },
          {
            path: '/cache/Qwen2.5-0.5B',
            name: 'Qwen/Qwen2.5-0.5B',
            detail: 'Hugging Face cache',
            source: 'hugging-face',
          },
        ],
      }),
    'shell.examples': async () =>
      Promise.resolve({
        examples: [
          {
            id: 'needle',
            title: 'A word hidden in a story',
            look: 'Heads that look back at “copper lantern” from the answer.',
            text: options.exampleText ?? FAKE_TEXT,
            hasSession: false,
          },
          {
            id: 'repeat',
            title: 'The same list twice',
            look: 'Induction heads: a diagonal stripe.',
            text: 'red kite blue drum red kite blue',
            hasSession: false,
          },
        ],
      }),
    'shell.browse': async ({ path = '/models' }) =>
      Promise.resolve({
        path,
        parent: path === '/models' ? null : '/models',
        folders:
          path === '/models'
            ? [
                { name: 'pythia-70m', path: '/models/pythia-70m', isModel: true },
                { name: 'broken', path: '/models/broken', isModel: true },
                { name: 'old', path: '/models/old', isModel: false },
              ]
            : [],
      }),
    'shell.pickFolder': async () =>
      Promise.reject(new AppError('not-allowed', 'The browser has no folder dialog of the system.')),
    'shell.restartEngine': async () => {
      engine.onRestartAsked?.();
      return Promise.resolve(null);
    },
  };

  Object.assign(engine.handlers, recorded(handlers, engine.calls));
  return engine;
}

function recorded(handlers: Handlers<MethodName>, calls: FakeCall[]): Handlers<MethodName> {
  const entries = Object.entries(handlers).map(([method, handler]) => [
    method,
    (params: never, context: CallContext) => {
      calls.push({ method: method as MethodName, params });
      return (handler as (params: never, context: CallContext) => Promise<unknown>)(params, context);
    },
  ]);
  return Object.fromEntries(entries) as Handlers<MethodName>;
}

function idToken(id: number): TokenView {
  return { id, display: `#${id}`, text: '', start: -1, end: -1, special: false };
}

function textToken(text: string, start: number): TokenView {
  let id = 7;
  for (const character of text) id = (Math.imul(id, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  const display = text.replaceAll(' ', '·').replaceAll('\n', '⏎').replaceAll('\t', '⇥');
  return { id: (id % 4095) + 1, display, text, start, end: start + text.length, special: false };
}

const WRITTEN =
  ' copper lantern. She kept it under the stairs, and lit it only when the fog came in.\nNobody else knew where it was.';
const WRITTEN_ABLATED =
  ' copper kettle. She kept it on the stove, and the children drank their tea from it in the evening.\nNobody minded.';

function wordsOf(interventions: readonly Intervention[], seed: number): readonly string[] {
  const words =
    (interventions.length > 0 ? WRITTEN_ABLATED : WRITTEN).match(/ ?[\p{L}\p{N}]+| ?[^\s\p{L}\p{N}]+|\s/gu) ?? [];
  return seed === 0 ? words : [...words.slice(seed % words.length), ...words.slice(0, seed % words.length)];
}

function generatedToken(word: string, step: number, withText: boolean): GeneratedToken {
  const { id, display, text } = textToken(word, 0);
  const prob = [0.94, 0.71, 0.38, 0.12, 0.55][step % 5]!;
  const others = [' the', ' a', ' silver', ' his', ' lamp'].filter((other) => other !== word).slice(0, 4);
  const choices = [word, ...others].map((other, place) => {
    const choice = textToken(other, 0);
    const p = place === 0 ? prob : (1 - prob) / 2 ** place;
    return { id: choice.id, display: choice.display, text: choice.text, prob: p, logit: Math.log(p) + 12 };
  });
  const top = choices.sort((a, b) => b.prob - a.prob);
  if (withText) return { id, display, text, prob, top };
  const bare = <T extends { readonly id: number }>(choice: T) => ({ ...choice, display: `#${choice.id}`, text: '' });
  return { ...bare({ id, prob }), top: top.map(bare) };
}

function nextTokens(interventions: readonly Intervention[]): RunSummary['next'] {
  const words = ['·copper', '·the', '·silver', '·a', '·lantern', '·gold', '⏎', '·his', '·not', '·Maren'];
  const clean = [0.94, 0.018, 0.012, 0.008, 0.006, 0.004, 0.003, 0.002, 0.002, 0.001];
  const changed = [0.06, 0.21, 0.19, 0.12, 0.02, 0.08, 0.06, 0.05, 0.04, 0.03];
  // Only the interesting heads matter, as in a real model.
  const matters = interventions.some(({ where }) => 'head' in where && kindOf(where.layer, where.head) === 'induction');
  const probs = matters ? changed : clean.map((p, i) => p * (1 - 0.01 * interventions.length * (i % 3)));
  return words
    .map((display, i) => ({
      id: 100 + i,
      display,
      text: display.replace('·', ' '),
      prob: probs[i]!,
      logit: Math.log(probs[i]!) + 12,
    }))
    .sort((a, b) => b.prob - a.prob);
}

function nllOf(ids: Int32Array, interventions: readonly Intervention[]): Float32Array {
  const salt = interventionsKey(interventions).length;
  return Float32Array.from(ids, (id, i) =>
    i === 0
      ? NaN
      : 1 + ((id * 7) % 13) / 4 + (salt === 0 ? 0 : Math.sin(i * 1.7 + salt) ** 5 * (i % 11 === 0 ? 3 : 0.4)),
  );
}

const SCORES: readonly (Pick<ScoreInfo, 'id' | 'name' | 'unit' | 'definition'> & {
  readonly domain: ScoreInfo['domain'];
})[] = [
  { id: 'entropy', name: 'Entropy', unit: 'nats', definition: 'Mean entropy of the rows.', domain: [0, null] },
  { id: 'sink', name: 'First-token mass', unit: 'probability', definition: 'Mean p(query, key 0).', domain: [0, 1] },
  {
    id: 'previous',
    name: 'Previous token',
    unit: 'probability',
    definition: 'Mean p(query, query − 1).',
    domain: [0, 1],
  },
  { id: 'distance', name: 'Mean distance', unit: 'tokens', definition: 'Mean of p x distance.', domain: [0, null] },
  { id: 'max', name: 'Max weight', unit: 'probability', definition: 'Mean of the row maximum.', domain: [0, 1] },
  {
    id: 'induction',
    name: 'Induction',
    unit: 'probability',
    definition: 'Mean p on the token after an earlier copy.',
    domain: [0, 1],
  },
];

function scoresOf({ attention, summary }: FakeRun, layers: number, heads: number): ScoreTable[] {
  const { ids } = summary;
  const values = SCORES.map(() => new Float64Array(layers * heads));
  const queries = Array.from({ length: Math.min(64, ids.length) }, (_, i) =>
    Math.floor(((i + 1) * (ids.length - 1)) / 64),
  );
  for (let at = 0; at < layers * heads; at++) {
    const layer = Math.floor(at / heads);
    const head = at % heads;
    for (const query of queries) {
      let entropy = 0;
      let distance = 0;
      let max = 0;
      let induction = 0;
      for (let key = 0; key <= query; key++) {
        const p = attention.p(layer, head, query, key);
        if (p > 0) entropy -= p * Math.log(p);
        distance += p * (query - key);
        max = Math.max(max, p);
        if (key > 0 && ids[key - 1] === ids[query]) induction += p;
      }
      const row = [
        entropy,
        attention.p(layer, head, query, 0),
        attention.p(layer, head, query, query - 1),
        distance,
        max,
        induction,
      ];
      for (const [i, value] of row.entries()) values[i]![at]! += value / queries.length;
    }
  }
  const repeats = new Set(ids).size < ids.length;
  return SCORES.map((score, i) => {
    const applies = score.id !== 'induction' || repeats;
    return {
      ...makeScoreTable(score.id, applies ? values[i]! : null, { ...score, source: 'Synthetic' }),
      notApplicable: applies ? null : 'No token of the prompt comes twice.',
    };
  });
}

function tileOf(
  attention: FakeAttention,
  n: number,
  {
    layer,
    head,
    level,
    tileRow,
    tileColumn,
    skipKeys,
  }: { layer: number; head: number; level: number; tileRow: number; tileColumn: number; skipKeys: number },
) {
  const values = new Float32Array(TILE_SIZE * TILE_SIZE).fill(NaN);
  const cells = 2 ** level;
  let min = NaN;
  let max = NaN;
  for (let y = 0; y < TILE_SIZE; y++) {
    for (let x = 0; x < TILE_SIZE; x++) {
      const q0 = (tileRow * TILE_SIZE + y) * cells;
      const k0 = (tileColumn * TILE_SIZE + x) * cells;
      let best = NaN;
      for (let q = q0; q < Math.min(n, q0 + cells); q++) {
        for (let k = Math.max(k0, skipKeys); k <= Math.min(q, k0 + cells - 1); k++) {
          const p = attention.p(layer, head, q, k);
          if (!(best >= p)) best = p;
        }
      }
      values[y * TILE_SIZE + x] = best;
      if (!(min <= best)) min = Number.isNaN(best) ? min : best;
      if (!(max >= best)) max = Number.isNaN(best) ? max : best;
    }
  }
  return { values, min, max };
}

function profileOf(attention: FakeAttention, n: number, layer: number, head: number) {
  const entropy = new Float32Array(n);
  const firstToken = new Float32Array(n);
  const rowMax = new Float32Array(n);
  const rowArgmax = new Int32Array(n);
  const columnMean = new Float32Array(n);
  const distance = new Float32Array(Math.floor(Math.log2(Math.max(1, n - 1))) + 2);
  for (let query = 0; query < n; query++) {
    for (let key = 0; key <= query; key++) {
      const p = attention.p(layer, head, query, key);
      if (p > 0) entropy[query]! -= p * Math.log(p);
      if (p > rowMax[query]!) {
        rowMax[query] = p;
        rowArgmax[query] = key;
      }
      columnMean[key]! += p / (n - key);
      const bin = query === key ? 0 : Math.floor(Math.log2(query - key)) + 1;
      distance[bin]! += p / n;
    }
    firstToken[query] = attention.p(layer, head, query, 0);
  }
  return { entropy, firstToken, rowMax, rowArgmax, columnMean, distance };
}

async function gated(gate: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
  if (!gate) return;
  await Promise.race([
    gate,
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new CancelledError()))),
  ]);
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.reject(new CancelledError());
  if (milliseconds === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new CancelledError());
    });
  });
}
