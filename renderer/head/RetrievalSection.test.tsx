import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import type { RetrievalDetail } from '../../shared/model/probe.ts';
import { makeScoreTable } from '../../shared/model/testing/score-table.ts';
import { AppContext } from '../app/app-context.ts';
import { originKey } from '../engine/data-keys.ts';
import type { ScoreOrigin } from '../state/scores-state.ts';
import { startSession } from '../testing/start-session.ts';
import { RetrievalSection } from './RetrievalSection.tsx';

afterEach(cleanup);

const ORIGIN: ScoreOrigin = {
  id: 'probe-1',
  kind: 'probe',
  name: 'Needle',
  detail: '20 prompts, length 512, seed 0',
  probe: 'needle',
  probeId: 'probe-1',
  modelId: 'model',
};
const HEADS = 8;
const COUNT = 4 * HEADS;
const HEAD = { layer: 1, head: 1 };
const AT = 9;

function detailOf(shares: Readonly<Record<number, readonly number[]>>): RetrievalDetail {
  const tokens = 3;
  const hits = new Float32Array(tokens * COUNT);
  for (const [at, row] of Object.entries(shares)) row.forEach((share, token) => (hits[token * COUNT + +at] = share));
  const activation = new Float64Array(COUNT);
  const attempted = new Float64Array(COUNT);
  activation[AT] = 0.75;
  attempted[AT] = 0.4125;
  return { kept: 12, gate: 'the greedy answer is right', activation, attempted, raster: { tokens, hits } };
}

async function show(retrieval: RetrievalDetail | undefined, values: Float64Array | null) {
  const { rest, ...services } = startSession();
  await rest();
  const tables = [makeScoreTable('sink', new Float64Array(COUNT)), makeScoreTable('retrieval', values)];
  services.cache.set(originKey(ORIGIN.id), { status: 'ready', value: { tables, retrieval } });
  const { container } = render(
    <AppContext value={services}>
      <RetrievalSection origin={ORIGIN} head={HEAD} heads={HEADS} />
    </AppContext>,
  );
  return { ...services, container, rest: () => act(async () => rest()) };
}

it('says what the score rests on, and what this head did', async () => {
  await show(detailOf({}), new Float64Array(COUNT).fill(0.5, AT, AT + 1));
  const section = within(screen.getByRole('region', { name: 'Retrieval, Needle' }));
  expect(
    section.getByText('Kept 12 of 20 prompts, length 512, seed 0; gate: the greedy answer is right.'),
  ).toBeTruthy();
  expect(section.getAllByRole('term').map((term) => [term.textContent, term.nextSibling!.textContent])).toEqual([
    ['score', '0.500'],
    ['active in', '75%'],
    ['attempted', '0.412'],
  ]);
});

it('shows the raster with this head first, coloured by the share; a click on a row goes to its head', async () => {
  const { store, rest } = await show(detailOf({ 3: [0, 0.5, 0], 20: [1, 1, 0] }), null);
  const [, , ...rows] = within(screen.getByRole('table')).getAllByRole('row');
  expect(rows.map((row) => within(row).getByRole('rowheader').textContent)).toEqual(['L1H1', 'L2H4', 'L0H3']);
  expect(rows[0]!.getAttribute('aria-current')).toBe('true');
  const colours = rows.map((row) =>
    within(row)
      .getAllByRole('cell')
      .map((cell) => cell.style.background),
  );
  const [none, full, half] = [colours[0]![0], colours[1]![0], colours[2]![1]];
  expect(new Set([none, full, half]).size).toBe(3);
  expect(colours).toEqual([
    [none, none, none],
    [full, full, none],
    [none, half, none],
  ]);
  expect(within(rows[2]!).getByTitle('L0H3, needle token 1: 50% of the samples')).toBeTruthy();
  expect(screen.getByText(/2 heads of 32 tried any\.$/)).toBeTruthy();
  fireEvent.click(within(rows[2]!).getByRole('button', { name: 'L0H3' }));
  await rest();
  expect(store.getState().edit.head).toEqual({ layer: 0, head: 3 });
});

it('says how many heads it leaves out', async () => {
  await show(detailOf(Object.fromEntries(Array.from({ length: COUNT }, (_, at) => [at, [0.5, 0, 0]]))), null);
  expect(within(screen.getByRole('table')).getAllByRole('row')).toHaveLength(2 + 24);
  expect(screen.getByText(/32 heads of 32 tried any; 24 rows are shown/)).toBeTruthy();
});

it('has no numbers where no sample is kept, and no raster where there was no needle', async () => {
  const nothing = new Float64Array(COUNT).fill(NaN);
  const raster = { tokens: 0, hits: new Float32Array(0) };
  await show(
    { kept: 0, gate: 'no prompt holds its answer once', activation: nothing, attempted: nothing, raster },
    null,
  );
  expect(screen.getAllByRole('definition').map(({ textContent }) => textContent)).toEqual(['–', '–', '–']);
  expect(screen.queryByRole('table')).toBeNull();
});

it('is not there where the probe set has no retrieval detail', async () => {
  const { container } = await show(undefined, null);
  expect(container.textContent).toBe('');
});
