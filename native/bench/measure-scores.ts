/** What every score of one prompt costs, told along with the run. */
import { attributePrediction } from '../attribution/prediction.ts';
import { ArrayStore, type ArrayLoan } from '../capture/array-store.ts';
import { inLoan, STATISTICS_ONLY } from '../capture/capture-keeper.ts';
import type { Capture } from '../capture/capture.ts';
import { openModel } from '../model/open-model.ts';
import { ScoreReader } from '../pattern/score-blocks.ts';
import { scores, scoresAlong, scoreTables, type ScoresAlong } from '../scores/index.ts';
import { kernelPasses } from '../scores/kernel-passes.ts';
import { OutputNorms } from '../scores/output-norms.ts';
import type { ScoreContext } from '../scores/score.ts';
import { Circuits } from '../weights/circuits.ts';
import { benchIds } from './bench-ids.ts';
import type { ScoresJob, ScoresMeasured } from './job.ts';
import { measureRuns } from './measure-runs.ts';
import { chooseKernel, openForward } from './open-forward.ts';
import { QUIET } from './quiet-job.ts';

/** Attribution reads MLPs and the unembedding too. */
const STREAMED = scores.filter(({ info }) => info.group !== 'attribution');

const ALONG = STREAMED.filter(({ afterRun }) => !afterRun);
const AFTER = STREAMED.filter(({ afterRun }) => afterRun);

/** `stats`: a forward that keeps the default statistics; `scores`: one that keeps everything, and all scores of its attention. */
export async function measureScores({ folder, tokens, threads, addon }: ScoresJob): Promise<ScoresMeasured> {
  const model = await openModel({ folder, source: 'folder' });
  const { architecture } = model;
  const kernel = chooseKernel('best', addon);
  if ('notRun' in kernel) throw new Error(kernel.notRun);
  const forward = await openForward(model, kernel.create, { threads, addon });
  const reader = new ScoreReader(architecture, threads);
  const circuits = new Circuits(model, threads);
  const norms = new OutputNorms(architecture, async (layer) => (await circuits.output(layer)).weight, threads);
  // One sequence twice, so that no score is left out.
  const half = benchIds(Math.floor(tokens / 2), architecture.vocabSize);
  const arrays = new ArrayStore(Infinity);
  let loan: ArrayLoan | undefined;
  const gain = () => null;
  let told = 0;
  const [stats, all] = await measureRuns([
    async () => {
      await forward.run({ ids: Int32Array.from([...half, ...half]), gain, keeper: STATISTICS_ONLY }, QUIET);
    },
    async () => {
      loan?.release();
      arrays.recycle();
      loan = arrays.borrow();
      const ids = Int32Array.from([...half, ...half]);
      const contextOf = (capture: Capture, predicted: number | null): ScoreContext => ({
        capture,
        architecture,
        bos: false,
        predicted,
        probability: (layer, head, query, key) => reader.probability(capture, layer, head, query, key),
        stripe: (layer, head, offset, start, end) => reader.stripe(capture, layer, head, offset, start, end),
        passes: kernelPasses({ architecture, capture, kernel: forward.kernel, norms, gain }),
        attribution: (breathe) => attributePrediction(circuits, forward, capture, breathe),
      });
      let along: ScoresAlong | undefined;
      const layerReader = (made: Capture) => {
        along = scoresAlong(ALONG, contextOf(made, null), {}, QUIET);
        return along.reader;
      };
      const capture = await forward.run({ ids, gain, keeper: inLoan(loan), reader: layerReader }, QUIET);
      const last = await scoreTables(AFTER, contextOf(capture, ids[0]!), {}, QUIET);
      const tables = [...along!.tables(), ...last];
      told = tables.filter(({ values }) => values !== null).length;
    },
  ]);
  await norms.dispose();
  await circuits.dispose();
  await reader.dispose();
  await forward.dispose();
  return { told, stats: stats!, scores: all! };
}
