import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LabRecord } from '../../shared/model/lab.ts';
import { AppContext } from '../app/app-context.ts';
import { summaryKey } from '../engine/data-keys.ts';
import { labKey } from '../lab/lab-keys.ts';
import { selectHead } from '../state/edits.ts';
import { patch } from '../state/store.ts';
import { makeLabRecord } from '../testing/lab-record.ts';
import { startSession } from '../testing/start-session.ts';
import { stubElementSize } from '../testing/stub-element-size.ts';
import { MapsTab } from './MapsTab.tsx';

beforeEach(() => {
  stubElementSize(900, 600);
  vi.stubGlobal('matchMedia', () => ({ matches: true }));
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Of the prompt that was opened, as they are displayed. */
let tokensHere: readonly string[] = [];

async function open(change: (record: LabRecord) => LabRecord | undefined = (record) => record) {
  const services = startSession({
    layers: 2,
    heads: 4,
    kvHeads: 2,
    findsRuns: true,
    exampleText: 'a b c d e f g h i j k l m n o p',
  });
  await services.rest();
  const { store, cache } = services;
  const { clean } = store.getState().run;
  const { info } = store.getState().model;
  const shape = { layers: 2, heads: 4, tokens: clean!.tokens, promptLength: 10, windows: [3, 5] };
  tokensHere = cache.value(summaryKey(clean!.key))!.tokens.map(({ display }) => display);
  const record = change(makeLabRecord({ ...shape, runId: clean!.runId, modelId: info!.modelId }));
  if (record) {
    cache.set(labKey('1'), { status: 'ready', value: record });
    patch(store, 'lab', { result: '1', shown: 'maps', runKey: clean!.key });
  }
  selectHead(store, { layer: 1, head: 0 });
  render(
    <AppContext value={services}>
      <MapsTab />
    </AppContext>,
  );
  await settle(services);
  return services;
}
const settle = async (services: { readonly rest: () => Promise<void> }) => {
  await act(async () => services.rest());
  await waitFor(() => {
    expect(document.querySelector('[aria-busy="true"]')).toBeNull();
  });
};
/** By labels alone: asking for roles goes through every option of every list. */
const labelled = (start: string) => document.querySelectorAll<HTMLElement>(`[aria-label^="${start}"]`);
const map = (place: number) => labelled(`Map ${place}:`)[0]!;
const calls = (services: Awaited<ReturnType<typeof open>>, asked: string) =>
  services.host.engine.calls.filter(({ method }) => method === asked).map(({ params }) => params);
const stageOf = (place: number) => map(place).querySelector('[role="application"]')!;

it('shows dense attention beside the first row of the first methods, with what the head reads and loses', async () => {
  const services = await open();
  expect(document.querySelectorAll('.hs-lab-maps__cell')).toHaveLength(2);
  expect(map(1).textContent).toContain('READ all');
  expect(map(2).getAttribute('aria-label')).toBe('Map 2: Sink + window @ 3 keys, probability');
  expect(map(2).textContent).toMatch(/READ [\d.]+ · lost [\d.]+/);
  expect(calls(services, 'run.tile')[0]).toMatchObject({ layer: 1, head: 0 });
  const values = calls(services, 'method.tile').map((params) => (params as { value: string }).value);
  expect([...new Set(values)].sort()).toEqual(['kept', 'probability']);
});

it('marks a method that is dense at this length, not dense attention itself', async () => {
  const services = await open((record) => ({
    ...record,
    rows: record.rows.map((row, at) => ({
      ...row,
      ...(at === 0 ? { choice: { ...row.choice, method: 'dense' } } : {}),
      result: { ...row.result!, denseHere: true },
    })),
  }));
  const maps = [0, 1].map((row) => ({ row, value: 'probability' as const }));
  act(() => patch(services.store, 'lab', { maps }));
  expect(map(1).textContent).not.toContain('dense at this length');
  expect(map(2).textContent).toContain('dense at this length');
});

it('adds a map of any row and value, with one scale a value', async () => {
  const services = await open();
  fireEvent.click(screen.getByText('Add a map'));
  expect(services.store.getState().lab.maps[2]).toEqual({ row: 1, value: 'probability' });
  fireEvent.change(labelled('Value of map 3')[0]!, { target: { value: 'difference' } });
  fireEvent.change(labelled('Method of map 3')[0]!, { target: { value: '0' } });
  await settle(services);
  expect(services.store.getState().lab.maps[2]).toEqual({ row: 0, value: 'difference' });
  expect(labelled('Colour scale')).toHaveLength(2);
});

it('has up to six maps', async () => {
  const services = await open();
  const { lab } = services.store.getState();
  act(() =>
    patch(services.store, 'lab', { ...lab, maps: Array.from({ length: 5 }, () => ({ row: 0, value: 'kept' })) }),
  );
  const add = screen.getByText<HTMLButtonElement>('Add a map');
  expect(add.disabled).toBe(false);
  fireEvent.click(add);
  expect(map(6)).toBeTruthy();
  expect(add.disabled).toBe(true);
  fireEvent.click(labelled('Remove map 6')[0]!);
  expect(services.store.getState().lab.maps).toHaveLength(5);
  expect(add.disabled).toBe(false);
});

it('reads one cell on all maps, and pins its query and key', async () => {
  const services = await open();
  fireEvent.keyDown(stageOf(1), { key: 'ArrowDown' });
  fireEvent.keyDown(stageOf(1), { key: 'ArrowRight' });
  fireEvent.keyDown(stageOf(1), { key: 'ArrowRight' });
  await settle(services);
  await waitFor(() => {
    expect(map(2).textContent).toMatch(/key 2 “w2”: dropped at the end of the prompt, p dense [\d.]+.*, here 0/);
  });
  expect(map(1).textContent).toMatch(/query \d+ “w\d+” → key 2 “w2”: p = [\d.]+/);
  fireEvent.keyDown(stageOf(1), { key: 'Enter' });
  const { query, key } = services.store.getState().lab;
  expect([query, key]).toEqual([services.store.getState().run.clean!.tokens - 1, 2]);
  fireEvent.keyDown(stageOf(2), { key: 'Enter' });
  expect(services.store.getState().lab.query).toBeNull();
});

it('zooms all maps together', async () => {
  await open();
  const fit = screen.getByText<HTMLButtonElement>('fit');
  expect(fit.disabled).toBe(true);
  fireEvent.keyDown(stageOf(2), { key: '+' });
  expect(fit.disabled).toBe(false);
});

it('zooms to the rows under the methods, by button and by key, and back', async () => {
  // Cells of a prompt this short are large already, unless there is little room for them.
  stubElementSize(420, 190);
  const services = await open((record) => record);
  const rows = screen.getByText<HTMLButtonElement>('method rows');
  const fit = screen.getByText<HTMLButtonElement>('fit');
  expect([rows.disabled, rows.getAttribute('aria-pressed'), fit.disabled]).toEqual([false, 'false', true]);
  expect(rows.title).toMatch(/^Queries 10 to \d+, which/);
  fireEvent.click(rows);
  expect([rows.getAttribute('aria-pressed'), fit.disabled]).toEqual(['true', false]);
  fireEvent.keyDown(stageOf(2), { key: 'ArrowLeft', shiftKey: true });
  expect(rows.getAttribute('aria-pressed')).toBe('true');
  fireEvent.keyDown(stageOf(2), { key: 'r' });
  expect([rows.getAttribute('aria-pressed'), fit.disabled]).toEqual(['false', true]);
  act(() => patch(services.store, 'lab', { maps: [{ row: null, value: 'probability' }] }));
  expect(rows.disabled).toBe(true);
});

it('says what to do before anything was compared', async () => {
  const { store } = await open(() => undefined);
  fireEvent.click(screen.getByText('Choose methods'));
  expect(store.getState().lab.shown).toBe('compare');
});

it('makes all maps again at once where the engine has forgotten them', async () => {
  // Frames are cloned by Node, whose arrays are not those of the simulated page.
  vi.stubGlobal('Int32Array', structuredClone(new Int32Array(0)).constructor);
  const services = await open((record) => ({
    ...record,
    about: { ...record.about, displays: tokensHere, answerStart: null },
    rows: record.rows.map((row, at) => ({ ...row, result: { ...row.result!, trace: `trace-${at}` } })),
  }));
  const maps = [0, 1, 0].map((row) => ({ row, value: 'probability' as const }));
  act(() => patch(services.store, 'lab', { maps }));
  await settle(services);
  expect(map(2).textContent).toContain('No longer held');
  expect(screen.queryByRole('alert')).toBeNull();
  expect(screen.getAllByText('Run again')).toHaveLength(1);
  fireEvent.click(screen.getByText('Run again'));
  expect(screen.getAllByText('Cancel')).toHaveLength(1);
  await settle(services);
  expect(calls(services, 'method.run')).toMatchObject([{ method: 'sink-window', budgets: [{ keys: 3 }, { keys: 5 }] }]);
  expect(screen.queryByText('Run again')).toBeNull();
  expect(document.querySelector('.hs-lab-maps')!.textContent).not.toContain('No longer held');
});

it('takes no run of another engine for that of the comparison', async () => {
  const services = await open();
  act(() => patch(services.store, 'lab', { runKey: undefined }));
  await settle(services);
  expect(map(1).textContent).toContain('No longer held');
  expect(screen.getAllByText('Run again')).toHaveLength(1);
});

it('says why a row has no map', async () => {
  const services = await open((record) => ({
    ...record,
    rows: record.rows.map((row, at) =>
      at === 0
        ? { ...row, result: null, error: { code: 'bad-request', message: 'No gates.', hint: 'Import them.' } }
        : { ...row, result: { ...row.result!, trace: null } },
    ),
  }));
  act(() =>
    patch(services.store, 'lab', {
      maps: [
        { row: 0, value: 'probability' },
        { row: 1, value: 'kept' },
      ],
    }),
  );
  expect(map(1).textContent).toContain('No gates.');
  expect(map(2).textContent).toContain('too much to be kept');
});
