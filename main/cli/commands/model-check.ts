/** `npm run model:check`: every claim about the shipped model, measured with the engine that ships. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createPrng } from '../../../shared/base/prng.ts';
import type { CallContext } from '../../../shared/contract/handlers.ts';
import { parseParams } from '../../../shared/contract/parse-params.ts';
import type { ParamsOf } from '../../../shared/contract/methods.ts';
import { formatHead } from '../../../shared/model/head-id.ts';
import { zeroHead } from '../../../shared/model/intervention.ts';
import type { ModelInfo } from '../../../shared/model/model-info.ts';
import type { Streaming } from '../../../shared/model/streaming.ts';
import type { TaskCell } from '../../../shared/model/task.ts';
import type { Engine } from '../../../native/public/index.ts';
import { findApp } from '../../files/app-paths.ts';
import type { Console } from '../console.ts';
import { formatTable } from '../table.ts';
import { withEngine } from '../with-engine.ts';

const LENGTHS = [128, 256, 512, 1024];
const DEPTHS = [0, 0.25, 0.5, 0.75, 1];
const SINK = 4;
const WINDOW = 64;

interface Claim {
  readonly claim: string;
  readonly target: string;
  readonly value: string;
  readonly met: boolean;
}

interface CheckResult {
  readonly model: string;
  readonly needle: readonly TaskCell[];
  readonly retrieval: readonly { readonly head: string; readonly score: number; readonly activation: number }[];
  readonly causal: readonly { readonly zeroed: number; readonly accuracy: number }[];
  readonly streaming: readonly { readonly full: number; readonly groups: number; readonly accuracy: number }[];
  readonly claims: readonly Claim[];
}

export async function runModelCheck(console: Console, options: { readonly threads?: number }): Promise<void> {
  const app = findApp();
  const prose = await readFile(join(app.tasks, 'haystack.txt'), 'utf8');
  const { haystack } = JSON.parse(await readFile(join(app.shippedModel, 'bigram.json'), 'utf8')) as {
    haystack: number;
  };
  const result = await withEngine(console, options, async ({ engine, context }) => {
    const info = await engine.handlers['model.open']({ path: 'demo' }, context);
    return new ModelCheck(engine, context, info).run(prose, haystack);
  });
  console.result(result, () => formatCheck(result));
}

class ModelCheck {
  readonly #engine: Engine;
  readonly #context: CallContext;
  readonly #info: ModelInfo;

  constructor(engine: Engine, context: CallContext, info: ModelInfo) {
    this.#engine = engine;
    this.#context = context;
    this.#info = info;
  }

  async run(prose: string, bigram: number): Promise<CheckResult> {
    const needle = await this.#needle({ lengths: LENGTHS, depths: DEPTHS, samples: 40 });
    const mean = average(needle.map(({ accuracy }) => accuracy));
    const worst = Math.min(...needle.map(({ accuracy }) => accuracy));
    const retrieval = await this.#retrieval();
    const above = retrieval.filter(({ score }) => score > 0.1).length;
    const heads = this.#info.layers * this.#info.heads;
    const causal = await this.#causal(retrieval);
    const sinks = await this.#sinks(prose);
    const repeat = await this.#repeat();
    const streaming = await this.#streaming(retrieval, needle);
    const nats = await this.#natsPerByte(prose);
    const claims: Claim[] = [
      claim('Needle, mean over cells', mean, (x) => x >= 0.9, 'at least 0.90'),
      claim('Needle, worst cell', worst, (x) => x >= 0.75, 'at least 0.75'),
      {
        claim: 'Held-out prose, nats per byte',
        target: `at most ${(0.9 * bigram).toFixed(3)}, 10 % under the bigram baseline`,
        value: `${nats.toFixed(3)}, ${(100 * (1 - nats / bigram)).toFixed(1)} % under`,
        met: nats <= 0.9 * bigram,
      },
      {
        claim: 'Heads with a retrieval score over 0.1',
        target: `at most ${Math.floor(heads / 4)} of ${heads}`,
        value: String(above),
        met: above >= 1 && above <= heads / 4,
      },
      ...causal.claims,
      {
        claim: 'First-token sinks: column mean over 0.3, 64 tokens of prose',
        target: `at least ${Math.ceil(heads / 5)} of ${heads}`,
        value: String(sinks),
        met: sinks >= heads / 5,
      },
      claim('Best previous-token score', repeat.previous, (x) => x > 0.5, 'over 0.5'),
      claim('Best induction score', repeat.induction, (x) => x > 0.4, 'over 0.4'),
      ...streaming.claims,
    ];
    return {
      model: this.#info.name,
      needle,
      retrieval: retrieval
        .slice(0, 12)
        .map(({ layer, head, score, activation }) => ({ head: formatHead({ layer, head }), score, activation })),
      causal: causal.rows,
      streaming: streaming.rows,
      claims,
    };
  }

  async #needle(more: Partial<ParamsOf<'task.run'>>): Promise<readonly TaskCell[]> {
    const params = parseParams('task.run', { task: 'needle', ...more });
    return (await this.#engine.handlers['task.run'](params, this.#context)).cells;
  }

  async #accuracy(more: Partial<ParamsOf<'task.run'>>): Promise<number> {
    return average((await this.#needle(more)).map(({ accuracy }) => accuracy));
  }

  /** Every head, highest score first. */
  async #retrieval(): Promise<RankedHead[]> {
    const grid = { task: 'needle', lengths: [128, 256, 512], depths: [0, 0.5, 1], samples: 8, scores: ['retrieval'] };
    const { scores, retrieval } = await this.#engine.handlers['probe.run'](
      parseParams('probe.run', { ...grid, seed: 1 }),
      this.#context,
    );
    const { heads } = this.#info;
    return Array.from(scores[0]!.values!, (score, i) => ({
      layer: Math.floor(i / heads),
      head: i % heads,
      score,
      activation: retrieval!.activation[i]!,
    })).sort((a, b) => b.score - a.score);
  }

  /** Zeroes the k highest heads, then as often k random others: 60 prompts, 20 draws. */
  async #causal(ranked: readonly RankedHead[]) {
    const grid = { lengths: [256], depths: [0, 0.25, 0.5, 0.75, 1], samples: 12, seed: 2 };
    const clean = await this.#accuracy(grid);
    const most = Math.floor(0.15 * ranked.length);
    const rows = [{ zeroed: 0, accuracy: clean }];
    for (let k = 1; k <= most && rows.at(-1)!.accuracy >= 0.2; k++) {
      const interventions = ranked.slice(0, k).map(zeroHead);
      rows.push({ zeroed: k, accuracy: await this.#accuracy({ ...grid, interventions }) });
    }
    const { zeroed, accuracy } = rows.at(-1)!;
    const others = ranked.slice(zeroed);
    const draws: number[] = [];
    for (let draw = 0; draw < 20; draw++) {
      const interventions = createPrng(3, draw).shuffle(others).slice(0, zeroed).map(zeroHead);
      draws.push(await this.#accuracy({ ...grid, interventions }));
    }
    const kept = average(draws) / clean;
    return {
      rows,
      claims: [
        {
          claim: `Needle accuracy with the top ${zeroed} heads zeroed (clean ${clean.toFixed(2)})`,
          target: `under 0.20 with at most ${most} of ${ranked.length} heads`,
          value: accuracy.toFixed(3),
          met: accuracy < 0.2,
        },
        {
          claim: `Share kept with ${zeroed} random other heads zeroed, mean of 20 draws`,
          target: 'at least 0.80',
          value: `${kept.toFixed(3)}, worst draw ${(Math.min(...draws) / clean).toFixed(2)}`,
          met: kept >= 0.8,
        },
      ],
    };
  }

  /** Heads whose mean attention on key 0 is over 0.3, over 16 passages of 64 tokens with BOS. */
  async #sinks(prose: string): Promise<number> {
    const sums = new Float64Array(this.#info.layers * this.#info.heads);
    const passages = 16;
    for (let passage = 0; passage < passages; passage++) {
      const from = Math.floor((passage * prose.length) / passages);
      const text = prose.slice(prose.indexOf(' ', from), from + 800);
      const { ids } = await this.#engine.handlers['prompt.tokenize'](
        { prompt: { kind: 'text', text, bos: true } },
        this.#context,
      );
      const { runId } = await this.#engine.handlers['run.start'](
        { prompt: { kind: 'ids', ids: ids.slice(0, 64) }, interventions: [], cut: false },
        this.#context,
      );
      const { scores } = await this.#engine.handlers['run.scores']({ runId }, this.#context);
      scores.find(({ info }) => info.id === 'sink')!.values!.forEach((value, i) => (sums[i]! += value / passages));
      await this.#engine.handlers['run.release']({ runId }, this.#context);
    }
    return sums.filter((value) => value > 0.3).length;
  }

  async #repeat(): Promise<{ readonly previous: number; readonly induction: number }> {
    const params = parseParams('probe.run', { task: 'repeat', samples: 10, scores: ['previous', 'induction'] });
    const { scores } = await this.#engine.handlers['probe.run'](params, this.#context);
    const best = (id: string) => Math.max(...scores.find(({ info }) => info.id === id)!.values!);
    return { previous: best('previous'), induction: best('induction') };
  }

  /** Sink 4 + window 64 on all KV groups but the best ones, at the longest length. */
  async #streaming(ranked: readonly RankedHead[], needle: readonly TaskCell[]) {
    const { layers, heads, kvHeads } = this.#info;
    const length = LENGTHS.at(-1)!;
    const groups = rankGroups(ranked, heads / kvHeads);
    const under = (full: Streaming['full']) =>
      this.#needle({ lengths: [length], depths: DEPTHS, samples: 40, streaming: { sink: SINK, window: WINDOW, full } });
    const clean = average(needle.filter((cell) => cell.length === length).map(({ accuracy }) => accuracy));
    const total = layers * kvHeads;
    const rows: CheckResult['streaming'][number][] = [];
    let none: readonly TaskCell[] = [];
    for (const full of [0, 2, 4, total / 4, total / 2]) {
      const cells = await under(groups.slice(0, full));
      if (full === 0) none = cells;
      rows.push({ full, groups: total, accuracy: average(cells.map(({ accuracy }) => accuracy)) });
    }
    const half = rows.at(-1)!.accuracy / clean;
    // At depth 1 the needle lies inside the window: it is no test, but a control.
    const far = none.filter(({ depth }) => depth !== null && depth < 1);
    const blind = average(far.map(({ accuracy }) => accuracy));
    const control = none.find(({ depth }) => depth === 1)!.accuracy;
    return {
      rows,
      claims: [
        {
          claim: `Share of accuracy kept at ${length} with ${total / 2} of ${total} KV groups full, the rest ${SINK} + ${WINDOW}`,
          target: 'at least 0.90',
          value: half.toFixed(3),
          met: half >= 0.9,
        },
        {
          claim: `Accuracy with ${SINK} + ${WINDOW} on all heads, needle outside the window`,
          target: 'under 0.20',
          value: `${blind.toFixed(3)} (control, depth 1: ${control.toFixed(2)})`,
          met: blind < 0.2,
        },
      ],
    };
  }

  /** Mean over stretches of 256 tokens with BOS before each, spread over the prose. */
  async #natsPerByte(prose: string): Promise<number> {
    const stretches = 60;
    let nats = 0;
    let bytes = 0;
    for (let stretch = 0; stretch < stretches; stretch++) {
      const from = prose.indexOf(' ', Math.floor((stretch * prose.length) / stretches));
      const prompt = { kind: 'text' as const, text: prose.slice(from, from + 2000), bos: true };
      const { ids, tokens } = await this.#engine.handlers['prompt.tokenize']({ prompt }, this.#context);
      const { runId, nll } = await this.#engine.handlers['run.start'](
        { prompt: { kind: 'ids', ids: ids.slice(0, 257) }, interventions: [], cut: false },
        this.#context,
      );
      for (let i = 1; i < nll.length; i++) nats += nll[i]!;
      bytes += Buffer.byteLength(prose.slice(from, from + tokens[nll.length - 1]!.end));
      await this.#engine.handlers['run.release']({ runId }, this.#context);
    }
    return nats / bytes;
  }
}

interface RankedHead {
  readonly layer: number;
  readonly head: number;
  readonly score: number;
  readonly activation: number;
}

/** KV groups by the best head in them, highest first. */
function rankGroups(ranked: readonly RankedHead[], perGroup: number): { layer: number; kvHead: number }[] {
  const seen = new Set<string>();
  return ranked
    .map(({ layer, head }) => ({ layer, kvHead: Math.floor(head / perGroup) }))
    .filter(({ layer, kvHead }) => {
      const key = `${layer} ${kvHead}`;
      return !seen.has(key) && seen.add(key);
    });
}

const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function claim(name: string, value: number, met: (value: number) => boolean, target: string): Claim {
  return { claim: name, target, value: value.toFixed(3), met: met(value) };
}

function formatCheck({ model, needle, retrieval, causal, streaming, claims }: CheckResult): string {
  const grid = LENGTHS.map((length) => [
    String(length),
    ...needle.filter((cell) => cell.length === length).map(({ accuracy }) => accuracy.toFixed(3)),
  ]);
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
  return [
    `${model}: needle accuracy, greedy, exact match, 4 facts, ${needle[0]!.n} samples a cell`,
    formatTable(['Length', ...DEPTHS.map((depth) => `Depth ${depth}`)], grid, numbers(6)),
    '',
    'Highest retrieval scores',
    formatTable(
      ['Head', 'Score', 'Active in'],
      retrieval.map(({ head, score, activation }) => [head, score.toFixed(3), `${(100 * activation).toFixed(0)} %`]),
      [1, 2],
    ),
    '',
    'Heads zeroed, highest retrieval score first, 256 tokens',
    formatTable(
      ['Zeroed', 'Accuracy'],
      causal.map(({ zeroed, accuracy }) => [String(zeroed), accuracy.toFixed(3)]),
      [0, 1],
    ),
    '',
    `Sink ${SINK} + window ${WINDOW} on all but some KV groups, ${LENGTHS.at(-1)} tokens`,
    formatTable(
      ['Full groups', 'Accuracy'],
      streaming.map(({ full, groups, accuracy }) => [`${full} of ${groups}`, accuracy.toFixed(3)]),
      [0, 1],
    ),
    '',
    formatTable(
      ['', 'Claim', 'Target', 'Measured'],
      claims.map(({ claim: name, target, value, met }) => [met ? 'met' : 'MISSED', name, target, value]),
    ),
  ].join('\n');
}
