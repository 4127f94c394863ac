/**
 * Figures through the built host and a real engine: drawn from a session file they are the very bytes that the live run
 * gave, in every format; and the command line draws the same.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { FigureFormat } from '../../shared/figure/formats.ts';
import type { FigureRecipeInput } from '../../shared/figure/recipe.ts';
import type { Client } from '../../shared/rpc/client.ts';
import { pack } from '../../shared/session/packed.ts';
import type { StoredEffects } from '../../shared/session/stored-effects.ts';
import type { StoredDecode, StoredLabResult, StoredLabTask } from '../../shared/session/stored-lab.ts';
import {
  curveRecord,
  doseRecord,
  greedyRecord,
  importanceRecord,
  keysRecord,
  patchingRecord,
  pathsRecord,
  randomRecord,
} from '../../shared/view/effects/testing/records.ts';
import { decodeRecord, labRecord, labTaskRecord } from '../../shared/view/lab/testing/records.ts';
import { connect } from '../support/rpc.ts';
import { BIN, startHost, type RunningHost } from '../support/web-host.ts';

const head = { layer: 1, head: 3 };
const other = { layer: 2, head: 0 };
const prompt = {
  kind: 'text',
  text: 'They call Helen copper lantern. They call Oliver winter garden. As was said above, they call Helen',
  bos: true,
} as const;

const lab = pack(labRecord()) as StoredLabResult;

/** Every view that there is, but for those that ask for what a method read. */
const RECIPES: readonly FigureRecipeInput[] = [
  { view: 'map', head, widthMm: 120, dpi: 120 },
  { view: 'map', run: 'changed', head, value: 'lift', reducer: 'mean', scale: 'linear', dpi: 100, theme: 'dark' },
  {
    view: 'compare',
    maps: [
      { run: 'clean', head },
      { run: 'clean', head: other },
      { run: 'changed', head: other, minus: { run: 'clean', head: other } },
    ],
    dpi: 100,
  },
  { view: 'atlas', score: 'entropy', selected: head, dpi: 100 },
  { view: 'maps', dpi: 100 },
  { view: 'ranked', sortBy: 'sink', dpi: 100 },
  { view: 'scatter', x: 'sink', y: 'entropy', selected: head, dpi: 100 },
  { view: 'histogram', score: 'entropy', threshold: 1, dpi: 100 },
  { view: 'head', head, dpi: 100 },
  { view: 'distance', head, widthMm: 85, dpi: 100 },
  { view: 'strip', head, dpi: 100 },
  { view: 'strip', colour: 'change', dpi: 100 },
  { view: 'sinks', position: 0, dpi: 100 },
  { view: 'next', dpi: 100 },
  { view: 'effect', dpi: 100 },
  {
    view: 'results',
    score: {
      id: 'entropy',
      name: 'Entropy',
      unit: 'nats',
      definition: 'Of a row.',
      badge: 'exact',
      domain: [0, null],
    },
    a: { model: 'demo', text: 'a prompt', layers: 2, heads: 3, kvHeads: 3, values: [0, 1, 2, 3, null, 5], floor: 2.5 },
    b: { model: 'demo', text: 'another', layers: 2, heads: 3, kvHeads: 3, values: [1, 1, 2, 2, 3, 3] },
    dpi: 100,
  },
  { view: 'curve', result: pack(curveRecord()) as StoredEffects['curve'], dpi: 100 },
  { view: 'dose', result: pack(doseRecord()) as StoredEffects['dose'], dpi: 100 },
  { view: 'greedy', result: pack(greedyRecord()) as StoredEffects['greedy'], dpi: 100 },
  { view: 'random', result: pack(randomRecord()) as StoredEffects['random'], dpi: 100 },
  { view: 'patching', result: pack(patchingRecord()) as StoredEffects['patching'], dpi: 100 },
  { view: 'paths', result: pack(pathsRecord()) as StoredEffects['paths'], dpi: 100 },
  {
    view: 'keys',
    result: pack(keysRecord({ deviation: [0.5, NaN, 2], logit: [-3, 1, 0] })) as StoredEffects['keys'],
    dpi: 100,
  },
  { view: 'importance', result: pack(importanceRecord()) as StoredEffects['importance'], dpi: 100 },
  { view: 'methods', result: lab, measure: 'kl', log: true, dpi: 100 },
  { view: 'accuracy', result: pack(labTaskRecord()) as StoredLabTask, dpi: 100 },
  { view: 'method-table', result: lab, dpi: 100 },
  { view: 'allocation', result: lab, rows: [0, 3], dpi: 100 },
  { view: 'kept', result: lab, row: 4, quantity: 'recallValue', dpi: 100 },
  { view: 'decode', result: pack(decodeRecord()) as StoredDecode, dpi: 100 },
];
/** What 8-bit overviews draw only nearly. */
const isMapped = ({ view }: FigureRecipeInput) => view === 'map' || view === 'compare';
const FORMATS: readonly FigureFormat[] = ['png', 'svg', 'csv', 'json', 'npz', 'py'];

let host: RunningHost;
test.beforeAll(async () => {
  host = await startHost();
});
test.afterAll(() => host.stop());

const page = async (): Promise<Client> => (await connect(host.port, { token: host.token, takeOver: true })).client;

interface Runs {
  readonly clean: string;
  readonly changed: string;
}

async function draw(client: Client, runs: Runs, recipes: readonly FigureRecipeInput[]): Promise<Buffer[]> {
  const files = [];
  for (const recipe of recipes) {
    for (const format of FORMATS) {
      const { bytes } = await client.call('figure.render', { recipe, format, runs });
      files.push(Buffer.from(bytes));
    }
  }
  return files;
}

function expectSame(
  found: readonly Buffer[],
  expected: readonly Buffer[],
  recipes: readonly FigureRecipeInput[],
): void {
  expect(found).toHaveLength(recipes.length * FORMATS.length);
  for (const [at, bytes] of found.entries()) {
    const what = `${recipes[Math.floor(at / FORMATS.length)]!.view} as ${FORMATS[at % FORMATS.length]!}`;
    expect(bytes.length, what).toBeGreaterThan(100);
    expect(bytes.equals(expected[at]!), `${what} is the same`).toBe(true);
  }
}

const choice = (runId: string, index: number, clean: string | null) => ({
  runId,
  heads: [head, other],
  tokenRows: [head, other, { layer: 0, head: 0 }].map((one) => ({ ...one, index })),
  maps: [head, other].map((one) => ({ ...one, value: 'probability' as const, reducer: 'max' as const })),
  sinkThreshold: 0.3,
  clean,
});

test('a reopened session gives the bytes of every figure, and so does the command line', async () => {
  test.setTimeout(180_000);
  const client = await page();
  await client.call('model.open', { path: 'demo' });
  const clean = await client.call('run.start', { prompt, interventions: [] });
  const changed = await client.call('run.start', { prompt, interventions: [{ what: 'zero', where: head }] });
  const live = { clean: clean.runId, changed: changed.runId };
  const before = await draw(client, live, RECIPES);
  const last = clean.ids.length - 1;
  const runs = [
    { role: 'clean' as const, choice: choice(live.clean, last, null) },
    { role: 'changed' as const, choice: choice(live.changed, last, live.clean) },
  ];
  const withTensors = join(host.root, 'with.headscope');
  const without = join(host.root, 'without.headscope');
  await client.call('session.save', { state: {}, runs, path: without, tensors: false });
  await client.call('session.save', { state: {}, runs, path: withTensors, tensors: true });

  // Another page; neither the model nor a live run is there any more.
  const again = await page();
  await again.call('shell.restartEngine', {});
  const stored = async (path: string): Promise<Runs> => {
    const opened = await again.call('session.open', { path });
    const idOf = (role: string) => opened.runs.find((run) => run.role === role)!.summary.runId;
    return { clean: idOf('clean'), changed: idOf('changed') };
  };
  expectSame(await draw(again, await stored(withTensors), RECIPES), before, RECIPES);

  const exact = RECIPES.filter((recipe) => !isMapped(recipe));
  const expected = before.filter((_, at) => !isMapped(RECIPES[Math.floor(at / FORMATS.length)]!));
  const overviews = await stored(without);
  expectSame(await draw(again, overviews, exact), expected, exact);
  const { bytes } = await again.call('figure.render', { recipe: RECIPES[0]!, format: 'svg', runs: overviews });
  expect(new TextDecoder().decode(bytes)).toContain('8-bit');

  const out = join(host.root, 'figure.png');
  const options = ['--view', 'map', '--head', 'L1H3', '--width-mm', '120', '--dpi', '120', '--format', 'png'];
  execFileSync(process.execPath, [BIN, 'export', '--session', withTensors, ...options, '--out', out]);
  expect(readFileSync(out).equals(before[0]!), 'the command line draws the same bytes').toBe(true);
});
