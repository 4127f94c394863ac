/** What the stand-in for the engine answers when it is asked for scores beyond those of every run. */
import { AppError, CancelledError } from '../../shared/base/app-error.ts';
import type { CallContext, Handlers } from '../../shared/contract/handlers.ts';
import { createPrng } from '../../shared/base/prng.ts';
import type { ProbeInfo } from '../../shared/model/probe.ts';
import type { ScoreInfo, ScoreTable } from '../../shared/model/score.ts';
import { makeScoreInfo, makeScoreTable } from '../../shared/model/testing/score-table.ts';

export interface FakeScoresOptions {
  /** Those of every run. */
  readonly quick: readonly ScoreInfo[];
  readonly layers: number;
  readonly heads: number;
  /** Throws `unknown-run`. */
  readonly ofRun: (runId: string) => readonly ScoreTable[];
  /** Pause before each prompt of a probe set and each head of a score that costs forwards. */
  readonly stepMs: number;
}

type Answered = 'score.list' | 'run.scores' | 'model.scores' | 'probe.list' | 'probe.run' | 'probe.best';

const SINK_PARAMETER = {
  id: 'sink',
  name: 'Sink keys',
  meaning: 'First keys that stay visible.',
  default: null,
} as const;
const FURTHER: readonly ScoreInfo[] = [
  makeScoreInfo('streaming', {
    name: 'Streaming deviation',
    group: 'streaming',
    unit: 'share of the output',
    definition: 'How far the output moves where the head sees no more than sink and window.',
    source: 'Synthetic',
    badge: 'layer-local',
    cost: 'pass',
    parameters: [
      { ...SINK_PARAMETER, min: 0, max: 1000, integer: true },
      {
        id: 'space',
        name: 'Compared',
        meaning: 'Where.',
        default: 0,
        min: 0,
        max: 1,
        integer: true,
        choices: ['after W_O', 'before W_O'],
      },
    ],
    domain: [0, null],
  }),
  makeScoreInfo('sink-cosine', {
    name: 'QK cosine at the sink',
    group: 'sinks',
    unit: 'cosine',
    definition: 'Mean cosine of queries with the key of the sink.',
    source: 'Synthetic',
    cost: 'pass',
    domain: [-1, 1],
  }),
  makeScoreInfo('streaming-kl', {
    name: 'Streaming, end to end',
    group: 'streaming',
    unit: 'nats',
    definition: 'Divergence of the prediction where only this head streams.',
    source: 'Synthetic',
    badge: 'propagated',
    cost: 'forwards',
    domain: [0, null],
  }),
  makeScoreInfo('retrieval', {
    name: 'Retrieval',
    group: 'retrieval',
    unit: 'share of the needle',
    definition: 'Share of the needle’s tokens that the head copies.',
    source: 'Synthetic',
    data: 'needle',
    cost: 'forwards',
  }),
  makeScoreInfo('ov-copying', {
    name: 'OV copying',
    group: 'weights',
    unit: 'share',
    definition: 'Positive eigenvalues of the OV circuit, signed.',
    source: 'Synthetic',
    data: 'weights',
    cost: 'weights',
    domain: [-1, 1],
  }),
];

const bos = {
  id: 'bos',
  name: 'BOS',
  meaning: 'Whether BOS stands in front.',
  default: 1,
  min: 0,
  max: 1,
  integer: true,
};
const PROBES: readonly ProbeInfo[] = [
  {
    id: 'repeat',
    name: 'Repeated random tokens',
    description: 'One random sequence twice: induction without text.',
    parameters: [
      { id: 'length', name: 'Length', meaning: 'Tokens.', default: 128, min: 8, max: 4096, integer: true },
      bos,
    ],
    unavailable: null,
  },
  {
    id: 'needle',
    name: 'Needle',
    description: 'A sentence hidden in prose.',
    parameters: [bos],
    unavailable: 'The stand-in has no prose.',
  },
];

export function createFakeScores(options: FakeScoresOptions): Handlers<Answered> {
  const { quick, layers, heads, ofRun, stepMs } = options;
  const list = [...quick, ...FURTHER];
  const count = layers * heads;
  let probes = 0;

  /** The same for the same score and seed; -1 to 1 where the score may be negative. */
  function tableOf(info: ScoreInfo, seed: number, parameters: Readonly<Record<string, number>> = {}): ScoreTable {
    if (info.data === 'needle') return { ...makeScoreTable(info.id, null, info), notApplicable: 'Needs a needle.' };
    const random = createPrng(seed + Array.from(info.id).reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7));
    const values = Float64Array.from({ length: count }, () =>
      (info.domain[0] ?? 0) < 0 ? 2 * random.next() - 1 : random.next() ** 3,
    );
    // Not every head has a value.
    if (info.id === 'sink-cosine') values[count - 1] = NaN;
    return { ...makeScoreTable(info.id, values, info), parameters, floor: info.id === 'streaming' ? 0.25 : null };
  }

  async function steps(total: number, context: CallContext, phase: (step: number) => string): Promise<void> {
    for (let done = 0; done < total; done++) {
      context.progress({ phase: phase(done), done, total, etaMs: (total - done) * stepMs });
      if (context.signal.aborted) throw new CancelledError();
      if (stepMs > 0) await new Promise((resolve) => setTimeout(resolve, stepMs));
    }
    if (context.signal.aborted) throw new CancelledError();
  }

  function find(ids: readonly string[]): readonly ScoreInfo[] {
    return ids.map((id) => {
      const info = list.find((one) => one.id === id);
      if (!info) throw new AppError('bad-request', `There is no score “${id}”.`);
      return info;
    });
  }

  return {
    'score.list': async () => Promise.resolve({ scores: list }),
    'run.scores': async ({ runId, scores, scoreParameters = {} }, context) => {
      const own = ofRun(runId);
      if (!scores) return { scores: own };
      const wanted = find(scores);
      if (wanted.some(({ cost }) => cost === 'forwards'))
        await steps(count, context, (step) => `Head ${step + 1} of ${count}`);
      return {
        scores: wanted.map(
          (info) => own.find((table) => table.info.id === info.id) ?? tableOf(info, 0, scoreParameters[info.id]),
        ),
      };
    },
    'model.scores': async () =>
      Promise.resolve({ scores: list.filter(({ cost }) => cost === 'weights').map((info) => tableOf(info, 0)) }),
    'probe.list': async () => Promise.resolve({ probes: PROBES }),
    'probe.run': async ({ task, samples, seed, scores, parameters }, context) => {
      const probe = PROBES.find(({ id }) => id === task);
      if (!probe || probe.unavailable !== null) throw new AppError('bad-request', `There is no probe set “${task}”.`);
      await steps(samples, context, (step) => `Prompt ${step + 1} of ${samples}`);
      const chosen = scores ? find(scores) : list.filter(({ cost }) => cost === 'run' || cost === 'pass');
      const spread = (values: Float64Array) => ({
        prompts: samples,
        deviation: values.map((value) => Math.abs(value) / 4),
        active: values.map((value) => (value > 0 ? 1 : 0)),
        low: values.map((value) => value - Math.abs(value) / 8),
        high: values.map((value) => value + Math.abs(value) / 8),
      });
      return {
        probeId: `probe-${++probes}`,
        probe: task,
        parameters: { length: 128, bos: 1, ...parameters },
        seed,
        prompts: samples,
        retrieval: null,
        scores: chosen.map((info) => {
          const table = tableOf(info, seed + 1);
          return { ...table, spread: table.values && spread(table.values) };
        }),
      };
    },
    'probe.best': async ({ score, count: most }) =>
      Promise.resolve({
        prompts: Array.from({ length: Math.min(3, most) }, (_, index) => ({
          index,
          value: 0.9 - index / 10,
          ids: Int32Array.of(1, 2, 3),
          preview: `Prompt ${index + 1} of ${score}`,
        })),
      }),
  };
}
