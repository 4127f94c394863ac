import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LabRecord } from '../../shared/model/lab.ts';
import { AppContext } from '../app/app-context.ts';
import { labKey } from '../lab/lab-keys.ts';
import { summaryKey } from '../engine/data-keys.ts';
import { selectHead } from '../state/edits.ts';
import { patch } from '../state/store.ts';
import { makeLabRecord } from '../testing/lab-record.ts';
import { startSession } from '../testing/start-session.ts';
import { stubElementSize } from '../testing/stub-element-size.ts';
import { KeptTab } from './KeptTab.tsx';

beforeEach(() => {
  stubElementSize(640, 500);
});
afterEach(cleanup);

/** The run of the first example, compared; `change` makes another record of it. */
async function open(change: (record: LabRecord) => LabRecord | undefined = (record) => record) {
  const services = startSession({ layers: 2, heads: 4, kvHeads: 2 });
  await services.rest();
  const { store, cache } = services;
  const run = store.getState().run.clean!;
  const tokens = cache.value(summaryKey(run.key))!.tokens.map(({ display }) => display);
  const record = change(
    makeLabRecord({
      layers: 2,
      heads: 4,
      kvHeads: 2,
      tokens: tokens.length,
      promptLength: tokens.length - 12,
      displays: tokens,
      runId: run.runId,
      modelId: store.getState().model.info!.modelId,
      windows: [8, 30],
    }),
  );
  patch(store, 'view', { centre: 'lab' });
  if (record) cache.set(labKey('1'), { status: 'ready', value: record });
  patch(store, 'lab', { shown: 'kept', result: record ? '1' : undefined });
  selectHead(store, { layer: 0, head: 1 });
  render(
    <AppContext value={services}>
      <KeptTab />
    </AppContext>,
  );
  await settle(services);
  return { ...services, tokens };
}

const settle = async ({ rest }: Pick<ReturnType<typeof startSession>, 'rest'>) => act(async () => rest());
const strip = () => screen.getByRole('application', { name: /^Tokens at the query/ });
const kindsOf = (key: number) => strip().querySelector(`[data-key="${key}"]`)!.className;

it('shows which tokens the selected head reads at the query, and goes from query to query', async () => {
  const services = await open();
  const last = services.tokens.length - 1;
  // Two sinks and a window of 8 and 2 more keys.
  expect(kindsOf(1)).not.toContain('dropped');
  expect(kindsOf(2)).toContain('dropped');
  expect(kindsOf(last - 10)).toContain('dropped');
  expect(kindsOf(last - 9)).not.toContain('dropped');
  const slider = screen.getByRole('slider', { name: 'Query that is looked at' });
  fireEvent.keyDown(slider, { key: 'ArrowLeft' });
  expect(slider.getAttribute('aria-valuenow')).toBe(String(last - 1));
  await settle(services);
  expect(kindsOf(last)).toContain('later');
  expect(kindsOf(last - 10)).not.toContain('dropped');
  fireEvent.keyDown(slider, { key: 'Home' });
  expect(services.store.getState().lab.query).toBe(services.tokens.length - 12);
});

it('tells of a pinned key which heads want it, when it was let go of and what was lost', async () => {
  const services = await open();
  fireEvent.click(strip().querySelector('[data-key="20"]')!);
  expect(services.store.getState().lab.key).toBe(20);
  await settle(services);
  const panel = screen.getByRole('region', { name: 'One key' });
  expect(within(panel).getByRole('heading').textContent).toMatch(/^Key 20 “.+” seen from query \d+ “:”, pinned$/);
  expect(panel.textContent).toContain('L0H1: dropped at the end of the prompt.');
  expect(panel.textContent).toMatch(/Lost over all heads and queries: \d+\.\d\d of probability/);
  const rows = within(panel).getAllByRole('row').slice(1);
  const wanted = rows.map((row) => Number(row.querySelector('td')!.textContent.replace('−', '-')));
  expect(wanted).toEqual([...wanted].sort((a, b) => b - a));
  const other = within(panel).getByRole('button', { name: 'L1H2' });
  fireEvent.click(other);
  expect(services.store.getState().edit.head).toEqual({ layer: 1, head: 2 });
  fireEvent.keyDown(strip(), { key: 'ArrowRight' });
  expect(services.store.getState().lab.key).toBe(21);
  fireEvent.keyDown(strip(), { key: 'Escape' });
  expect(services.store.getState().lab.key).toBeNull();
  await settle(services);
});

it('reads the key under the pointer without pinning it', async () => {
  const services = await open();
  fireEvent.pointerOver(strip().querySelector('[data-key="5"]')!);
  await settle(services);
  expect(screen.getByRole('heading', { name: /^Key 5 / })).toBeDefined();
  // The numbers on screen stay under the name of their key until those of the next one have come.
  const numbers = screen.getByRole('region', { name: 'One key' }).textContent;
  fireEvent.pointerOver(strip().querySelector('[data-key="6"]')!);
  expect(screen.getByRole('region', { name: 'One key' }).textContent).toBe(numbers);
  expect(screen.getByRole('region', { name: 'One key' }).getAttribute('aria-busy')).toBe('true');
  await settle(services);
  expect(screen.getByRole('heading', { name: /^Key 6 / })).toBeDefined();
  fireEvent.pointerLeave(strip());
  expect(screen.getByRole('heading', { name: 'One key' })).toBeDefined();
  expect(services.host.engine.calls.filter(({ method }) => method === 'method.key')).toHaveLength(2);
  fireEvent.pointerOver(strip().querySelector('[data-key="7"]')!);
  await settle(services);
  cleanup();
  expect(services.store.getState().ui.keptHover).toBeUndefined();
});

it('selects heads in its atlas by key and marks the worst', async () => {
  const services = await open();
  const grid = screen.getByRole('grid', { name: /^Heads by Lost mass/ });
  fireEvent.keyDown(grid, { key: 'ArrowRight' });
  expect(services.store.getState().edit.head).toEqual({ layer: 0, head: 2 });
  expect(grid.querySelector('.hs-kept__worst')).not.toBeNull();
  expect(screen.getByText(/^worst:/).textContent).toContain('L0H0');
  fireEvent.change(screen.getByRole('combobox', { name: 'Quantity' }), { target: { value: 'read' } });
  fireEvent.click(screen.getByRole('radio', { name: 'This query' }));
  await settle(services);
  const cell = document.querySelector('[role="gridcell"][data-head="L0H2"]');
  // Two sinks, and a window of 8 and 4 more keys.
  expect(cell?.getAttribute('aria-label')).toMatch(/^L0H2, L0KV1: 14\.0+ keys/);
  expect(screen.getByRole('img', { name: /^Keys read by layer: L0 / })).toBeDefined();
});

it('names what numbers are of while those of another head or query are loaded', async () => {
  const services = await open();
  const { store, tokens } = services;
  const last = tokens.length - 1;
  const ribbon = () => screen.getByRole('region', { name: 'Kept keys by query' });
  const step = () => screen.getByRole('region', { name: 'Tokens of the step' });
  const shares = () => screen.getByRole('region', { name: 'Keys by layer and head' });
  const legend = () => document.querySelector('.hs-atlas')!.textContent;
  fireEvent.click(screen.getByRole('radio', { name: 'This query' }));
  fireEvent.click(screen.getByRole('radio', { name: 'Missed' }));
  await settle(services);
  const before = [ribbon(), step(), shares()].map(({ textContent }) => textContent);
  expect(before[0]).toContain('Keys that L0H1 reads');
  expect(before[1]).toContain(`Tokens at query ${last} `);
  expect(before[2]).toContain(`at query ${last}`);

  act(() => selectHead(store, { layer: 1, head: 2 }));
  expect(ribbon().textContent).toBe(before[0]);
  expect(screen.getByRole('application', { name: /^Keys that L0H1 reads/ })).toBeDefined();
  expect(screen.getByRole('radio', { name: 'L0H1' })).toBeDefined();
  expect([ribbon(), step()].map((part) => part.getAttribute('aria-busy'))).toEqual(['true', 'true']);
  await settle(services);
  expect(ribbon().textContent).toContain('Keys that L1H2 reads');
  expect(screen.getByRole('radio', { name: 'L1H2' })).toBeDefined();

  act(() => patch(store, 'lab', { query: last - 3 }));
  expect(step().textContent).toContain(`Tokens at query ${last} `);
  expect(kindsOf(last)).not.toContain('later');
  expect(shares().textContent).toBe(before[2]);
  expect(legend()).toContain(`at query ${last}`);
  await settle(services);
  expect(step().textContent).toContain(`Tokens at query ${last - 3} `);
  expect(kindsOf(last)).toContain('later');
  expect(shares().textContent).toContain(`at query ${last - 3}`);
  expect(legend()).toContain(`at query ${last - 3}`);
  expect(step().getAttribute('aria-busy')).toBe('false');
  // What the head reads is known of every query at once.
  fireEvent.click(screen.getByRole('radio', { name: 'L1H2' }));
  act(() => patch(store, 'lab', { query: last - 1 }));
  expect(step().textContent).toContain(`Tokens at query ${last - 1} `);
  await settle(services);
});

it('goes to another row with the same head, query and key', async () => {
  const services = await open();
  patch(services.store, 'lab', { query: services.tokens.length - 4, key: 20 });
  fireEvent.change(screen.getByRole('combobox', { name: 'Method' }), { target: { value: '1' } });
  await settle(services);
  expect(screen.getByRole('slider').getAttribute('aria-valuenow')).toBe(String(services.tokens.length - 4));
  expect(services.host.engine.calls.at(-1)?.params).toMatchObject({ query: services.tokens.length - 4 });
  const drops = [...strip().querySelectorAll('.hs-kept__token--dropped')];
  expect(drops.length).toBeLessThan(services.tokens.length - 32);
});

it('says what to do without a result', async () => {
  const services = await open(() => undefined);
  fireEvent.click(screen.getByRole('button', { name: 'Compare methods' }));
  expect(services.store.getState().lab.shown).toBe('compare');
});

/** Without an answer. */
const ofPrompt = (record: LabRecord) => ({ ...record, about: { ...record.about, answerStart: null } });
const withFirst = (record: LabRecord, change: Partial<NonNullable<LabRecord['rows'][0]['result']>> | null) => {
  const [first, ...rest] = record.rows;
  const result = change && { ...first!.result!, ...change };
  const error = change ? null : { code: 'bad-request' as const, message: 'It reads nothing here.' };
  return { ...record, rows: [{ ...first!, result, error }, ...rest] };
};

it('says why a method has no result, and lets another be chosen', async () => {
  await open((record) => withFirst(record, null));
  expect(screen.getByRole('alert').textContent).toContain('It reads nothing here.');
  expect(screen.getByRole('combobox', { name: 'Method' })).toBeDefined();
});

it('still shows the means by head of what was too much to be kept', async () => {
  await open((record) => withFirst(record, { trace: null }));
  expect(screen.getByText(/too much to be kept/)).toBeDefined();
  expect(screen.getByRole('grid')).toBeDefined();
  expect(screen.queryByRole('application')).toBeNull();
});

it('offers to run again what the engine has let go of', async () => {
  const services = await open((record) => withFirst(ofPrompt(record), { trace: 'trace-1' }));
  expect(screen.queryByRole('alert')).toBeNull();
  expect(screen.queryByRole('application')).toBeNull();
  const again = vi.spyOn(services.session.lab, 'again').mockResolvedValue(true);
  fireEvent.click(screen.getByRole('button', { name: 'Run again' }));
  expect(again).toHaveBeenCalledOnce();
});

it('shows what was read where the engine has no probabilities of it', async () => {
  const services = await open((record) => {
    return withFirst(ofPrompt(record), { trace: `${record.rows[0]!.result!.trace}/reads` });
  });
  fireEvent.click(strip().querySelector('[data-key="5"]')!);
  await settle(services);
  expect(kindsOf(5)).toContain('dropped');
  // What the head did with the key is in what it read; of probabilities it says why there are none.
  const panel = screen.getByRole('region', { name: 'One key' });
  expect(panel.textContent).toMatch(/^Key 5 .*L0H1: query \d+ .* → key 5 “.*”: dropped since the end of the prompt/);
  expect(panel.textContent).toContain('Of this method only what it read is held.');
  expect(panel.getAttribute('aria-busy')).toBe('false');
  expect(screen.getByRole('radio', { name: 'Missed' })).toHaveProperty('disabled', true);
  expect(screen.getByRole('radio', { name: 'This query' })).toHaveProperty('disabled', true);
  const again = vi.spyOn(services.session.lab, 'again').mockResolvedValue(true);
  fireEvent.click(screen.getByRole('button', { name: 'Run again' }));
  expect(again).toHaveBeenCalledOnce();
});
