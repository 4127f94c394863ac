/**
 * Attention mass on marked spans of the prompt, head by head: how much the tokens after a span look back at it.
 *
 * The kernel sums columns over the rows that it is given. Cut at the ends of the spans, every row is given once, and the
 * mass on a span is the sum of its columns over the parts that come after it: one pass over the attention for any number
 * of spans of any length.
 */
import { AppError } from '../../shared/base/app-error.ts';
import type { ScoreInfo, ScoreTable } from '../../shared/model/score.ts';
import { PLAIN, type AttentionKernel } from '../attention/kernel.ts';
import { allocateStatistics } from '../attention/statistics.ts';
import type { Capture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import { attendEdited } from '../interventions/attend.ts';
import { NO_EDIT } from '../interventions/layer-edit.ts';

export interface Span {
  readonly name: string;
  /** First token, and the one after the last. */
  readonly start: number;
  readonly end: number;
}

export interface SpanParts {
  readonly capture: Capture;
  readonly architecture: Pick<Architecture, 'layers' | 'heads' | 'kvHeads' | 'headDim' | 'scale' | 'slidingWindow'>;
  readonly kernel: AttentionKernel;
}

/**
 * One table a span, named after it. Throws `bad-request` for a span that is empty or goes past the prompt,
 * `CancelledError`.
 */
export async function spanScores(parts: SpanParts, spans: readonly Span[], job: Job): Promise<ScoreTable[]> {
  const { capture, architecture } = parts;
  const { tokens } = capture;
  const { layers, heads } = architecture;
  for (const span of spans) checkSpan(span, tokens);
  const sums = spans.map(() => new Float64Array(layers * heads));
  const cuts = [...new Set(spans.map(({ end }) => end)), tokens].toSorted((a, b) => a - b);
  const blocks = cuts.slice(1).flatMap((end, i) => (cuts[i]! < end ? [{ start: cuts[i]!, end }] : []));
  const cells = blocks.reduce((sum, { start, end }) => sum + cellsOf(start, end), 0);
  const checkpoint = new Checkpoint(job, layers * heads * cells);
  for (let layer = 0; layer < layers; layer++) {
    checkpoint.phase = `Spans, layer ${layer + 1} of ${layers}`;
    for (const block of blocks) {
      const columnSum = await columnsOf(parts, layer, block, checkpoint);
      spans.forEach(({ start, end }, s) => {
        if (end > block.start) return;
        for (let head = 0; head < heads; head++) {
          const columns = columnSum.subarray(head * block.end + start, head * block.end + end);
          sums[s]![layer * heads + head]! += columns.reduce((sum, mass) => sum + mass, 0);
        }
      });
    }
  }
  return spans.map((span, s) => {
    const { start, end } = span;
    const rows = tokens - end;
    const table = { info: infoOf(span, s), parameters: { start, end }, spread: null };
    if (rows === 0) {
      return { ...table, values: null, notApplicable: 'No token comes after this span.', floor: null };
    }
    const floor = uniformMass(architecture.slidingWindow, span, tokens);
    return { ...table, values: sums[s]!.map((sum) => sum / rows), notApplicable: null, floor };
  });
}

function checkSpan({ name, start, end }: Span, tokens: number): void {
  if (start < end && end <= tokens) return;
  throw new AppError('bad-request', `The span “${name}” goes from ${start} to ${end}, of ${tokens} tokens.`, {
    hint: 'A span has at least one token and ends within the prompt.',
  });
}

/** Visible cells of rows `start` to `end` - 1 without a window. */
function cellsOf(start: number, end: number): number {
  return ((end - start) * (start + end + 1)) / 2;
}

/** Sums over the rows of a block of p(row, key), [heads, end]. */
async function columnsOf(
  { capture, architecture, kernel }: SpanParts,
  layer: number,
  { start, end }: { readonly start: number; readonly end: number },
  checkpoint: Checkpoint,
): Promise<Float64Array> {
  const { heads, kvHeads, headDim, scale, slidingWindow } = architecture;
  const { q, k, v, patterns } = capture.layers[layer]!;
  const rows = end - start;
  const width = heads * headDim;
  const statistics = allocateStatistics({ heads }, end, rows);
  const input = {
    ...PLAIN,
    q: q.subarray(start * width, end * width),
    k: k.subarray(0, end * kvHeads * headDim),
    v: v.subarray(0, end * kvHeads * headDim),
    tokens: end,
    queryStart: start,
    scale: scale[layer]!,
    window: slidingWindow[layer] ?? null,
  };
  const output = {
    z: new Float32Array(kernel.gathersExtras && patterns === undefined ? 0 : rows * width),
    lse: new Float32Array(heads * rows),
    statistics,
    extra: null,
  };
  const pass = (done: number): Promise<void> => checkpoint.pass(done);
  if (patterns === undefined) await kernel.run(input, output, pass);
  else {
    const of = { architecture, kernel, layer, tokens: end, queryStart: start };
    const clock = { floats: (count: number) => new Float32Array(count), pass, breathe: () => pass(0) };
    await attendEdited(of, input, { ...NO_EDIT, heads: patterns }, output, clock);
  }
  return statistics.columnSum;
}

/** Of uniform attention: mean over the rows after the span, and over layers, of the span's share of visible keys. */
function uniformMass(windows: readonly (number | null)[], { start, end }: Span, tokens: number): number {
  const means = new Map<number, number>();
  let sum = 0;
  for (const window of windows.map((keys) => keys ?? tokens)) {
    if (!means.has(window)) {
      let shares = 0;
      for (let row = end; row < tokens; row++) {
        const first = Math.max(0, row - window + 1);
        shares += Math.max(0, end - Math.max(first, start)) / (row - first + 1);
      }
      means.set(window, shares / (tokens - end));
    }
    sum += means.get(window)!;
  }
  return sum / windows.length;
}

function infoOf({ name }: Span, index: number): ScoreInfo {
  return {
    id: `span-${index}`,
    name,
    group: 'shape',
    unit: 'probability',
    definition:
      'Attention on the tokens of the span, averaged over all rows after it. Head by head: the published chat measure takes the strongest head of each row first, which no single head has.',
    source: 'YihanWang617/context_awareness, analyse_dataset/utils.py, generalised to any span and every head',
    badge: 'exact',
    granularity: 'head',
    data: 'text',
    cost: 'pass',
    parameters: [],
    floor: 'mean over rows of the span’s share of the visible keys',
    domain: [0, null],
  };
}
