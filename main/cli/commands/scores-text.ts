/** What `headscope scores` prints for people, and as CSV. */
import { formatHead } from '../../../shared/model/head-id.ts';
import type { ScoreInfo } from '../../../shared/model/score.ts';
import type { ProbeInfo } from '../../../shared/model/probe.ts';
import { csvLines } from '../../figures/table-files.ts';
import { formatTable } from '../table.ts';
import type { ScoresResult, ScoreValues } from './scores-result.ts';

/** As many as a terminal has room for, one column each; of more, every score is a line with its highest heads. */
const MOST_COLUMNS = 6;
const HIGHEST = 6;

type Applicable = ScoreValues & { readonly id: string; readonly values: NonNullable<ScoreValues['values']> };

/** Few scores: a row a head, a column a score. Many: a row a score with the heads that have most of it. */
export function formatScores(result: ScoresResult): string {
  const applicable = applicableOf(result);
  const table = applicable.length <= MOST_COLUMNS ? byHead(applicable) : byScore(applicable);
  const reasons = new Map<string, string[]>();
  for (const [id, { values, reason = '' }] of Object.entries(result.scores)) {
    if (values === null) reasons.set(reason, [...(reasons.get(reason) ?? []), id]);
  }
  const notes = [...reasons].map(([reason, ids]) => `${ids.join(', ')}: ${reason}`);
  const about = result.task === null ? '' : `, task ${result.task}, ${result.samples ?? 0} samples`;
  const gate = result.retrieval ? [`retrieval: ${result.retrieval.kept} samples; gate: ${result.retrieval.gate}`] : [];
  return [`${result.model}${about}`, ...gate, '', table, ...notes].join('\n');
}

function byHead(scores: readonly Applicable[]): string {
  const header = ['Head', ...scores.map(({ id }) => id)];
  const rows = headsOf(scores).map(({ layer, head }) => [
    formatHead({ layer, head }),
    ...scores.map((score) => cellOf(score, layer, head)),
  ]);
  return formatTable(header, rows, header.map((_, i) => i).slice(1));
}

/** Over prompts with the interval, or with the count where there is one prompt and so no interval. */
function cellOf({ values, n, low, high }: Applicable, layer: number, head: number): string {
  const value = values[layer]![head]!;
  if (Number.isNaN(value)) return '-';
  if (n === undefined || !low || !high) return value.toFixed(4);
  const [least, most] = [low[layer]![head]!, high[layer]![head]!];
  if (n < 2 || Number.isNaN(least)) return `${value.toFixed(4)} (n 1)`;
  return `${value.toFixed(4)} [${least.toFixed(4)}, ${most.toFixed(4)}]`;
}

function byScore(scores: readonly Applicable[]): string {
  const spread = scores.some(({ n }) => n !== undefined);
  const header = ['Score', 'Badge', ...(spread ? ['n'] : []), 'Uniform', 'Highest heads'];
  const heads = headsOf(scores);
  const rows = scores.map(({ id, badge, n, floor, values }) => {
    const valueOf = ({ layer, head }: (typeof heads)[number]): number => values[layer]![head]!;
    const highest = heads
      .filter((head) => !Number.isNaN(valueOf(head)) && valueOf(head) !== 0)
      .sort((a, b) => valueOf(b) - valueOf(a))
      .slice(0, HIGHEST);
    return [
      id,
      badge,
      ...(spread ? [String(n ?? '')] : []),
      floor === undefined ? '' : short(floor),
      highest.map((head) => `${formatHead(head)} ${short(valueOf(head))}`).join('  '),
    ];
  });
  return formatTable(header, rows, spread ? [2, 3] : [2]);
}

/** Three digits that count. */
const short = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));

/** A line a head: every score, and where it is over prompts its deviation, interval and active share. */
export function formatCsv(result: ScoresResult): string {
  const columns = applicableOf(result).flatMap(({ id, values, deviation, low, high, active }) => [
    { name: id, rows: values },
    ...Object.entries({ deviation, low, high, active }).flatMap(([part, rows]) =>
      rows === undefined ? [] : [{ name: `${id}_${part}`, rows }],
    ),
  ]);
  const header = ['layer', 'head', ...columns.map(({ name }) => name)];
  const heads = headsOf(applicableOf(result));
  return csvLines([
    header,
    ...heads.map(({ layer, head }) => [layer, head, ...columns.map(({ rows }) => rows[layer]![head]!)]),
  ]);
}

function applicableOf({ scores }: ScoresResult): Applicable[] {
  return Object.entries(scores).flatMap(([id, { values, ...more }]) =>
    values === null ? [] : [{ id, values, ...more }],
  );
}

function headsOf(scores: readonly Applicable[]): { layer: number; head: number }[] {
  const rows = scores[0]?.values ?? [];
  return rows.flatMap((heads, layer) => heads.map((_, head) => ({ layer, head })));
}

/** `headscope scores --list`. */
export function formatScoreList(scores: readonly ScoreInfo[], probes: readonly ProbeInfo[]): string {
  const scoreRows = scores.map(({ id, group, data, cost, badge, granularity, parameters }) => [
    id,
    group,
    data,
    cost,
    badge,
    granularity,
    parameters.map((parameter) => `${parameter.id}=${parameter.default ?? 'auto'}`).join(' '),
  ]);
  const table = formatTable(['Score', 'Group', 'Needs', 'Cost', 'Badge', 'Of', 'Parameters'], scoreRows);
  if (probes.length === 0) return table;
  const probeRows = probes.map(({ id, parameters, unavailable }) => [
    id,
    parameters.map((parameter) => `${parameter.id}=${parameter.default}`).join(' '),
    unavailable ?? '',
  ]);
  return `${table}\n\n${formatTable(['Probe set', 'Parameters', ''], probeRows)}`;
}
