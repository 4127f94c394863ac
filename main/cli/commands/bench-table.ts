/** Results of `headscope bench` for people: one table a case. */
import type {
  BenchReport,
  BenchResult,
  KernelResult,
  MethodsResult,
  ModelResult,
  ScoresResult,
  SuffixResult,
  SweepResult,
  TilesResult,
} from '../../../native/public/bench.ts';
import { formatTable } from '../table.ts';

export function formatBench({ results, machine }: BenchReport): string {
  const { cpu, cores, memoryGiB, node, threads, addon, peakMemory, gemmGflops } = machine;
  const parts = [
    `${cpu}, ${cores} cores, ${memoryGiB} GiB; ${threads} threads; Node ${node}; ` +
      `attention addon: ${addon.length === 0 ? 'not built' : addon.join(', ')}`,
    'Median: of warm runs, over processes. First: the first run of a process, its sessions open already.',
    peakMemory === null
      ? 'Peak memory is not known here: there is no /proc/self/status.'
      : `Peak: ${peakMemory}; pages of mapped weights count once they are touched.`,
  ];
  for (const name of ['gpt2-small', 'gqa'] as const) {
    const rows = results.filter((each): each is ModelResult => each.case === name);
    if (rows.length > 0) parts.push('', name, formatModel(rows), ...refusals(rows));
  }
  const kernels = results.filter((each): each is KernelResult => each.case === 'kernel');
  if (kernels.length > 0) {
    const rate = gemmGflops === null ? '' : `; matrix products here: ${gemmGflops.toFixed(0)} GFLOP/s`;
    parts.push('', `kernel, 16 heads of 64, default statistics except in GroupQueryAttention${rate}`);
    parts.push(formatKernels(kernels), ...refusals(kernels));
  }
  const tiles = results.filter((each): each is TilesResult => each.case === 'tiles');
  if (tiles.length > 0) {
    parts.push('', 'tiles: 256 x 256 texels of one head of 64, mean probability, in the lower half of its map');
    parts.push(formatTiles(tiles), ...refusals(tiles));
  }
  const suffixes = results.filter((each): each is SuffixResult => each.case === 'suffix');
  if (suffixes.length > 0) {
    parts.push('', 'suffix: gpt2-small with one head of the last layer taken out, beside a full run', suffix(suffixes));
  }
  const scored = results.filter((each): each is ScoresResult => each.case === 'scores');
  if (scored.length > 0) {
    parts.push('', 'scores: every score of one prompt of the shipped model, beside its run', formatScores(scored));
  }
  const swept = results.filter((each): each is SweepResult => each.case === 'sweep');
  if (swept.length > 0) {
    parts.push(
      '',
      'sweep: every head zeroed alone, its effects read, beside as many full forwards',
      formatSweeps(swept),
    );
  }
  const methods = results.filter((each): each is MethodsResult => each.case === 'methods');
  if (methods.length > 0) {
    parts.push('', 'methods: every sparse method on a run of the shipped model (F1), beside the run');
    parts.push(formatMethods(methods), ...refusals(methods));
  }
  return parts.join('\n');
}

/** While the rest is still being measured. */
export function formatOneLine({ case: name, n, variant, medianMs, notRun, ...rest }: BenchResult): string {
  const ratio = 'ratio' in rest && rest.ratio !== null ? `, ratio ${rest.ratio.toFixed(2)}` : '';
  return `${name} ${n} ${variant}: ${medianMs === null ? (notRun ?? 'not run') : `${milliseconds(medianMs)} ms${ratio}`}`;
}

function formatModel(rows: readonly ModelResult[]): string {
  const header = [
    'Tokens',
    'Variant',
    'Kernel',
    'Median ms',
    'Min ms',
    'First ms',
    'To plain',
    'Peak MiB',
    'Limit MiB',
    'Kept MiB',
    'Residual error',
  ];
  return formatTable(
    header,
    rows.map((row) => [
      String(row.n),
      row.variant,
      row.kernel ?? '',
      row.medianMs === null ? 'not run' : milliseconds(row.medianMs),
      optional(row.minMs, milliseconds),
      optional(row.firstMs, milliseconds),
      optional(row.ratio, ratio),
      optional(row.peakExtraMiB, whole),
      optional(row.limitMiB, whole),
      optional(row.keptMiB, whole),
      optional(row.residualError, (error) => error.toExponential(0)),
    ]),
    [0, 3, 4, 5, 6, 7, 8, 9, 10],
  );
}

function formatKernels(rows: readonly KernelResult[]): string {
  return formatTable(
    ['Tokens', 'Kernel', 'Median ms', 'To GroupQueryAttention', 'GFLOP/s', 'Of matrix products'],
    rows.map((row) => [
      String(row.n),
      row.variant,
      row.medianMs === null ? 'not run' : milliseconds(row.medianMs),
      optional(row.ratio, ratio),
      optional(row.gflops, whole),
      optional(row.gemmShare, (share) => `${(100 * share).toFixed(0)} %`),
    ]),
    [0, 2, 3, 4, 5],
  );
}

function formatTiles(rows: readonly TilesResult[]): string {
  return formatTable(
    ['Tokens', 'What', 'Median ms', '95 % within ms'],
    rows.map(({ n, variant, medianMs, p95Ms }) => [
      String(n),
      variant,
      medianMs === null ? 'not run' : milliseconds(medianMs),
      optional(p95Ms, milliseconds),
    ]),
    [0, 2, 3],
  );
}

function suffix(rows: readonly SuffixResult[]): string {
  const names = {
    full: 'full run, likelihoods',
    suffix: 'recompute, likelihoods',
    recompute: 'recompute alone',
  } as Readonly<Record<string, string>>;
  return formatTable(
    ['Tokens', 'What', 'Median ms', 'To the full run', 'Limit, 1.5 / layers'],
    rows.map((row) => [
      String(row.n),
      names[row.variant] ?? row.variant,
      optional(row.medianMs, milliseconds),
      row.ratio.toFixed(3),
      optional(row.limitRatio, (limit) => limit.toFixed(3)),
    ]),
    [0, 2, 3, 4],
  );
}

function formatScores(rows: readonly ScoresResult[]): string {
  return formatTable(
    ['Tokens', 'What', 'Median ms', 'To the run', 'Limit'],
    rows.map((row) => [
      String(row.n),
      row.told === null ? 'run, default statistics' : `run, ${row.told} scores`,
      optional(row.medianMs, milliseconds),
      row.ratio.toFixed(2),
      optional(row.limitRatio, (limit) => limit.toFixed(1)),
    ]),
    [0, 2, 3, 4],
  );
}

function formatSweeps(rows: readonly SweepResult[]): string {
  return formatTable(
    ['Model', 'Tokens', 'Heads', 'What', 'Median ms', 'Times as fast', 'By operations', 'At least', 'Peak MiB'],
    rows.map((row) => [
      row.model,
      String(row.n),
      String(row.heads),
      row.variant === 'sweep' ? 'sweep' : 'full forwards',
      optional(row.medianMs, milliseconds),
      ratio(row.ratio),
      optional(row.flopBound, ratio),
      optional(row.limitRatio, (limit) => limit.toFixed(1)),
      optional(row.peakExtraMiB, whole),
    ]),
    [1, 2, 4, 5, 6, 7, 8],
  );
}

function formatMethods(rows: readonly MethodsResult[]): string {
  return formatTable(
    ['Tokens', 'What', 'Median ms', 'To the run', 'At most', 'Pairs read', 'Peak MiB'],
    rows.map((row) => [
      String(row.n),
      row.variant,
      row.medianMs === null ? 'not run' : milliseconds(row.medianMs),
      optional(row.ratio, ratio),
      optional(row.limitRatio, whole),
      optional(row.selected, (share) => `${(100 * share).toFixed(1)} %`),
      optional(row.peakExtraMiB, whole),
    ]),
    [0, 2, 3, 4, 5, 6],
  );
}

/** Why something was not run, once each. */
function refusals(rows: readonly BenchResult[]): string[] {
  return rows.flatMap(({ n, variant, notRun }) => (notRun === undefined ? [] : [`${variant}, ${n} tokens: ${notRun}`]));
}

const optional = (value: number | null, format: (value: number) => string): string =>
  value === null ? '' : format(value);

const milliseconds = (value: number): string => (value < 100 ? value.toFixed(1) : value.toFixed(0));
const ratio = (value: number): string => value.toFixed(2);
const whole = (value: number): string => value.toFixed(0);
