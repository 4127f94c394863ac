/** What the stand-in for the engine says of methods: windows of the asked size, better the larger they are. */
import { AppError, CancelledError } from '../../shared/base/app-error.ts';
import type { CallContext, Handlers } from '../../shared/contract/handlers.ts';
import type { RunSummary } from '../../shared/contract/methods.ts';
import type { Prompt, Tokenized } from '../../shared/contract/methods.ts';
import type { GeneratedToken } from '../../shared/model/generation.ts';
import type { Budget, MethodInfo } from '../../shared/model/method.ts';
import { resolveMethod } from '../../shared/model/method-parameters.ts';
import type { MethodResult } from '../../shared/model/method-result.ts';
import type { MethodTaskRow } from '../../shared/model/method-task.ts';
import { plural } from '../../shared/view/format.ts';
import { FIDELITY_WORDS } from '../../shared/view/lab/about-text.ts';
import { makeLabRecord, makeMethodInfo } from './lab-record.ts';

interface FakeMethodsOptions {
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Throws `unknown-run`. */
  readonly summary: (runId: string) => RunSummary;
  readonly tokenize: (prompt: Prompt) => Tokenized;
  /** Runs ids; answers what the run is called. */
  readonly run: (ids: Int32Array, context: CallContext) => Promise<string>;
  /** Pause before each budget. */
  readonly stepMs: number;
}

type Answered = `method.${'list' | 'resolve' | 'run' | 'generate' | 'overlap' | 'task'}` | 'task.sample';

const page = {
  id: 'page',
  name: 'Page',
  meaning: 'Keys of a page.',
  default: 16,
  source: 'quest/utils/controller.py',
  scaling: { by: 'tokens', least: 4 },
  min: 1,
  max: 4096,
  integer: true,
} as const;

const pooling = {
  ...page,
  id: 'kernel',
  name: 'Kernel',
  meaning: 'Neighbours that votes are pooled over.',
  default: 5,
};

const voting = {
  ...page,
  id: 'window',
  name: 'Window',
  meaning: 'Last queries of the prompt, which vote.',
  default: 64,
};

const last = {
  ...page,
  id: 'last',
  name: 'Last',
  meaning: 'Last keys that are read.',
  default: 2000,
  fromBudget: true,
  min: 1,
} as const;

export const FAKE_METHODS: readonly MethodInfo[] = [
  makeMethodInfo('dense', { name: 'Dense', evicts: false, budget: null, badge: 'exact' }),
  makeMethodInfo('topk', { name: 'Exact top-k (oracle)', classes: ['per-query'], evicts: false, badge: 'oracle' }),
  makeMethodInfo('sink-window', { name: 'StreamingLLM (sink + window)', parameters: [last], badge: 'exact' }),
  makeMethodInfo('snapkv', { name: 'SnapKV', classes: ['one-shot'], parameters: [voting, pooling], badge: 'exact' }),
  makeMethodInfo('h2o', { name: 'H2O (heavy hitters)', classes: ['stepwise'], badge: 'exact' }),
  makeMethodInfo('quest', { name: 'Quest', classes: ['per-query'], evicts: false, parameters: [page], badge: 'exact' }),
  makeMethodInfo('kivi', { name: 'KIVI', classes: ['modifying'], evicts: false, budget: null, badge: 'exact' }),
];

const NEEDLE =
  'The ferry reached the old harbour before dawn. They call Maren copper lantern. The boats stayed in.\nAs was said above, they call Maren';

export function createFakeMethods(options: FakeMethodsOptions): Pick<Handlers<Answered>, Answered> {
  const { layers, heads, kvHeads, summary, tokenize, run, stepMs } = options;

  function find(id: string): MethodInfo {
    const found = FAKE_METHODS.find((method) => method.id === id);
    if (found) return found;
    throw new AppError('bad-request', `There is no method “${id}”.`);
  }

  async function pause({ signal }: CallContext): Promise<void> {
    if (stepMs > 0) await new Promise((resolve) => setTimeout(resolve, stepMs));
    if (signal.aborted) throw new CancelledError();
  }

  function measured(info: MethodInfo, budget: Budget | null, about: { tokens: number; promptLength: number }) {
    const { tokens, promptLength } = about;
    const isDense = info.id === 'dense';
    const keys = isDense
      ? tokens
      : budget === null
        ? Math.ceil(promptLength / 4)
        : 'keys' in budget
          ? budget.keys
          : Math.max(1, Math.floor(budget.share * promptLength));
    if (keys < 2) {
      throw new AppError('bad-request', `A budget of ${plural(keys, 'key')} leaves no window.`, {
        hint: 'Give a larger one.',
      });
    }
    const record = makeLabRecord({ layers, heads, kvHeads, tokens, promptLength, windows: [keys] });
    return { ...record.rows[0]!.result!, method: info.id, denseHere: isDense };
  }

  return {
    'method.list': async () => Promise.resolve({ methods: FAKE_METHODS }),
    'method.resolve': async ({ method, parameters, budgets, promptLength }) => {
      const info = find(method);
      const each = budgets.length === 0 || info.budget === null ? [null] : budgets;
      const sizes = { layers, promptLength };
      return Promise.resolve({
        each: each.map((budget) => ({
          resolved: resolveMethod({ info, fromBudget: (keys) => ({ last: keys - 1 }) }, sizes, parameters, budget),
          refusal: null,
        })),
      });
    },
    'method.run': async ({ runId, method, parameters, budgets, promptLength, fidelity, answerStart }, context) => {
      const info = find(method);
      const tokens = summary(runId).ids.length;
      const each = budgets.length === 0 || info.budget === null ? [null] : budgets;
      const results: MethodResult[] = [];
      for (const [at, budget] of each.entries()) {
        context.progress({ phase: `Layer 1 of ${layers}`, done: at, total: each.length, etaMs: null });
        await pause(context);
        const result = measured(info, budget, { tokens, promptLength });
        const { lostMass } = result;
        const nll = answerStart === null ? null : 0.2 + 4 * lostMass;
        const perToken = (value: number) =>
          Float64Array.from({ length: tokens - (answerStart ?? tokens) }, () => value);
        const prediction = {
          kl: lostMass,
          klByQuery: result.lostMassByQuery,
          topChanged: lostMass / 2,
          nllAnswer: nll,
          nllAnswerDense: nll === null ? null : 0.2,
          nllByToken: perToken(nll ?? 0),
          nllByTokenDense: perToken(0.2),
        };
        const isRight = lostMass < 0.5;
        const generated = {
          text: isRight ? ' copper lantern' : ' the old',
          ids: Int32Array.of(1, 2),
          denseText: ' copper lantern',
          denseIds: Int32Array.of(1, 2),
          correct: answerStart === null ? null : isRight,
          denseCorrect: answerStart === null ? null : true,
          firstDifference: isRight ? null : 0,
          agreement: isRight ? 1 : 0,
        };
        const why = `Not told at ${fidelity}.`;
        results.push({
          ...result,
          fidelity,
          badge: FIDELITY_WORDS[fidelity].name,
          answerStart,
          params: parameters,
          trace: `${runId}/${promptLength}/${result.resolved.budget}`,
          prediction: fidelity === 'F1' ? null : prediction,
          generated: fidelity === 'F3' ? generated : null,
          notGiven: {
            ...(fidelity === 'F1' ? { kl: why } : {}),
            ...(fidelity === 'F1' || answerStart === null ? { nllAnswer: why } : {}),
            ...(fidelity === 'F3' ? {} : { accuracy: why, answer: why, drift: why }),
          },
        });
      }
      return { results };
    },
    'method.generate': async ({ prompt, method, budget, promptLength, maxTokens }, context) => {
      const info = find(method);
      const before = tokenize(prompt);
      const words = [' copper', method === 'dense' ? ' lantern' : ' kettle', '.', ' She'].slice(0, maxTokens);
      const promptTokens = before.ids.length;
      const own = tokenize({ kind: 'text', text: words.join(''), bos: false });
      const tokens = Array.from(own.ids.subarray(0, maxTokens), (id, at): GeneratedToken => {
        const { display, text } = own.tokens[at]!;
        return { id, display, text, prob: 0.9 - at / 10, top: [{ id, display, text, logit: 2, prob: 0.9 - at / 10 }] };
      });
      const soFar = (count: number) => ({
        promptTokens,
        tokens: tokens.slice(0, count),
        text: tokens
          .slice(0, count)
          .map(({ text }) => text)
          .join(''),
        stopped: count === tokens.length ? ('length' as const) : null,
        milliseconds: 1,
      });
      for (const at of tokens.keys()) {
        await pause(context);
        const phase = `Token ${at + 1} of at most ${maxTokens}`;
        context.progress({ phase, done: at + 1, total: maxTokens, etaMs: null, partial: soFar(at + 1) });
      }
      const ids = Int32Array.from([...before.ids, ...own.ids.subarray(0, maxTokens)]);
      const { resolved } = measured(info, budget, { tokens: ids.length, promptLength });
      return {
        ...soFar(tokens.length),
        method,
        resolved,
        params: resolved.parameters,
        promptLength,
        views: [...before.tokens, ...own.tokens.slice(0, maxTokens)],
        ids,
        trace: `${await run(ids, context)}/${promptLength}/${resolved.budget ?? ids.length}`,
        notes: [],
      };
    },
    'method.overlap': async ({ traces: [one, other] }) =>
      Promise.resolve({ values: new Float64Array(layers * heads).fill(one === other ? 1 : 0.25) }),
    'method.task': async (
      { choices, questions, fidelity, task, parameters, lengths, depths, samples, seed },
      context,
    ) => {
      const rows: MethodTaskRow[] = [];
      for (const question of questions) {
        for (const { method, parameters: own, budget } of choices) {
          context.progress({ phase: 'Sample 1', done: rows.length, total: choices.length, etaMs: null });
          await pause(context);
          const result = measured(find(method), budget, { tokens: 64, promptLength: question === 'seen' ? 60 : 48 });
          const value = Math.max(0, 1 - 2 * result.lostMass);
          rows.push({
            choice: { method, parameters: own, budget },
            question,
            fidelity,
            resolved: result.resolved,
            measures: {
              ...result,
              kvBytes: result.costs.kvBytes,
              readBytes: result.costs.readBytes,
              stepFlops: result.costs.flops,
              selected: result.density.selected,
              oracleGap: result.oracle.gap,
              kl: fidelity === 'F1' ? null : result.lostMass,
              nllAnswer: fidelity === 'F1' ? null : 4 * result.lostMass,
            },
            accuracy:
              fidelity === 'F3' ? { value, low: Math.max(0, value - 0.2), high: Math.min(1, value + 0.2) } : null,
            n: samples * Math.max(1, lengths.length) * Math.max(1, depths.length),
            denseHere: 0,
            notGiven: {},
          });
        }
      }
      return { task, parameters, lengths, depths, samples, seed, rows };
    },
    'task.sample': async () => {
      const { ids, tokens } = tokenize({ kind: 'text', text: NEEDLE, bos: true });
      const answer = tokenize({ kind: 'text', text: ' copper lantern', bos: false });
      const questionStart = tokens.findIndex(({ start }) => start >= NEEDLE.indexOf('\n'));
      return Promise.resolve({
        ids,
        tokens,
        text: NEEDLE,
        answer: answer.ids,
        answerText: ' copper lantern',
        answerSpan: null,
        questionStart,
      });
    },
  };
}
