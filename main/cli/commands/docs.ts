/** `npm run docs`: the pages on head scores and probe sets, and on sparse methods, written from their registries. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProbeInfo } from '../../../shared/model/probe.ts';
import {
  SCORE_GROUPS,
  type ScoreCost,
  type ScoreData,
  type ScoreGroup,
  type ScoreInfo,
  type ScoreParameter,
} from '../../../shared/model/score.ts';
import type { TaskParameter } from '../../../shared/model/task.ts';
import { findApp } from '../../files/app-paths.ts';
import type { Console } from '../console.ts';
import { list, plain } from '../markdown.ts';
import { withEngine } from '../with-engine.ts';
import { formatMethodDocs } from './methods-docs.ts';

const GROUPS: Readonly<Record<ScoreGroup, string>> = {
  retrieval: 'Retrieval',
  streaming: 'Streaming',
  stripes: 'Stripes: previous, duplicate, induction, self',
  sinks: 'Sinks',
  shape: 'Shape and reach',
  weights: 'Weights only',
  attribution: 'Attribution',
  imported: 'Imported',
};

const DATA: Readonly<Record<ScoreData, string>> = {
  text: 'any prompt',
  repeat: 'a prompt that is one sequence twice (probe set `repeat`)',
  needle: 'needles with their answers (probe sets `needle`, `recall`, `copy`, or a file with answers)',
  weights: 'nothing but the weights',
  choices: 'questions with several choices (probe set `choices`)',
};

const COSTS: Readonly<Record<ScoreCost, string>> = {
  run: 'nothing beyond the run',
  pass: 'one more pass over each layer',
  weights: 'reading weights, once a model',
  forwards: 'further forwards; on a prompt computed only when it is named',
};

const INTRODUCTION = `# Head scores

<!-- Written by \`npm run docs\` from the registries of scores and probe sets. Change those, not this page. -->

Every score of every head, as the atlas, the tables, the forms and \`headscope scores\` know it. Queries are rows, keys are
columns; row i predicts token i + 1. Attention is reduced row by row as it is computed: no score needs an N x N map.

- **Uniform** is what a head gets whose attention is uniform over what each row sees, the floor to compare a value with.
  Floors depend on the length of the prompt; the table of a run has them in numbers.
- **Badge** says how a number came about: \`exact\` is computed from float32 captures without approximation.
- **KV groups**: a score of a KV group stands at each of its query heads, head h in group floor(h / (heads / groups)).
- **BOS** is part of every score's identity: a run scores the prompt as it was given, a probe set says with its
  parameter \`bos\` whether BOS stands in front.
- **Over a probe set** the value of a head is its mean over prompts, with the standard deviation (n - 1), the share of
  prompts with a value above 0, and a 95 % interval: percentile bootstrap of the mean, 1,000 resamples of prompts, seeded
  by the seed of the probe set. n counts the prompts on which the score applies; a head that has no value on some of
  them leaves these out of all four. Of fewer than two prompts there is neither deviation nor interval.
- **Controls**: heads drawn at random, to compare an ablation of top heads with, come from the same layers and without
  the top heads themselves; the probe sets \`random\` and \`one-token\` show what is left of a score without text.
`;

const IMPORTED = `## Imported

Tables that others published stand beside ours, with the badge \`imported\` (\`headscope scores --import FILE\`):

- **DuoAttention gates** (\`full_attention_heads.tsv\`; Xiao et al. 2024, arXiv 2410.10819): a line a layer, a column a KV
  head. Values are cut to 0 to 1, and the gate of a group stands at each of its query heads. Many gates are exactly 1: a
  table tells which groups to keep, not which matter most.
- **Retrieval_Head score files** (\`head_score/*.json\`; Wu et al. 2024, arXiv 2404.15574): \`{"layer-head": [score of each
  sample]}\`. Means may exceed 1, because the code counts every step that hits. Samples in which no head hits at all come
  from a failed search for the needle; they pull every mean and activation frequency down.

A file has to be of the shape of the open model.
`;

export interface WrittenDocs {
  readonly paths: readonly string[];
  readonly scores: number;
  readonly probes: number;
  readonly methods: number;
}

export async function runDocs(console: Console, folder: string = findApp().root): Promise<void> {
  const { scores, probes } = await withEngine(console, {}, async ({ engine: { handlers }, context }) => {
    await handlers['model.open']({ path: 'demo' }, context);
    return { ...(await handlers['score.list']({}, context)), ...(await handlers['probe.list']({}, context)) };
  });
  const { listMethods } = await import('../../../native/public/methods.ts');
  const methods = listMethods();
  const pages = { 'scores.md': formatDocs(scores, probes), 'methods.md': formatMethodDocs(methods) };
  const paths = Object.keys(pages).map((name) => join(folder, 'docs', name));
  await mkdir(join(folder, 'docs'), { recursive: true });
  for (const [at, page] of Object.values(pages).entries()) await writeFile(paths[at]!, page);
  const written: WrittenDocs = { paths, scores: scores.length, probes: probes.length, methods: methods.length };
  console.result(
    written,
    () => `${paths.join(', ')}: ${scores.length} scores, ${probes.length} probe sets, ${methods.length} methods`,
  );
}

export function formatDocs(scores: readonly ScoreInfo[], probes: readonly ProbeInfo[]): string {
  const groups = SCORE_GROUPS.flatMap((group) => {
    const own = scores.filter((score) => score.group === group);
    return own.length === 0 ? [] : [`## ${GROUPS[group]}\n`, ...own.map(formatScore)];
  });
  return [INTRODUCTION, ...groups, IMPORTED, '## Probe sets\n', ...probes.map(formatProbe)].join('\n');
}

function formatScore({ id, name, unit, definition, source, badge, ...more }: ScoreInfo): string {
  const { granularity, data, cost, parameters, floor } = more;
  const facts = [
    `Source: ${plain(source)}`,
    `Unit: ${plain(unit)}, by ${granularity === 'head' ? 'head' : 'KV group'}`,
    `Needs: ${DATA[data]}`,
    `Costs: ${COSTS[cost]}`,
    `Uniform: ${floor === null ? 'says nothing here' : plain(floor)}`,
    `Badge: \`${badge}\``,
    ...parameters.map(formatParameter),
  ];
  return `### ${plain(name)} (\`${id}\`)\n\n${plain(definition)}\n\n${list(facts)}`;
}

function formatParameter({ id, name, meaning, min, max, choices, ...more }: ScoreParameter): string {
  const fallback =
    more.default === null ? 'follows from the prompt' : (choices?.[more.default] ?? String(more.default));
  const range = choices ? choices.map((choice, index) => `${index} ${choice}`).join(', ') : `${min} to ${max}`;
  return `Parameter \`${id}\`, ${plain(name)}: ${plain(meaning)} ${plain(range)}; default: ${plain(fallback)}.`;
}

function formatProbe({ id, name, description, parameters }: ProbeInfo): string {
  const text = `### ${plain(name)} (\`${id}\`)\n\n${plain(description)}\n`;
  return parameters.length === 0 ? text : `${text}\n${list(parameters.map(formatTaskParameter))}`;
}

function formatTaskParameter({ id, name, meaning, min, max, default: fallback }: TaskParameter): string {
  return `Parameter \`${id}\`, ${plain(name)}: ${plain(meaning)} ${min} to ${max}; default: ${fallback}.`;
}
