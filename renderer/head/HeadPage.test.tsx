import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AppContext } from '../app/app-context.ts';
import { originKey } from '../engine/data-keys.ts';
import { selectHead } from '../state/edits.ts';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { stubElementSize } from '../testing/stub-element-size.ts';
import { HeadPage } from './HeadPage.tsx';

beforeEach(() => stubElementSize(0, 0));
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function show() {
  const { rest, host, ...services } = startSession();
  await rest();
  patch(services.store, 'view', { centre: 'head' });
  selectHead(services.store, { layer: 1, head: 1 });
  render(
    <AppContext value={services}>
      <HeadPage />
    </AppContext>,
  );
  await act(async () => rest());
  return { ...services, host, rest: () => act(async () => rest()) };
}

const section = (name: string) => within(screen.getByRole('region', { name }));

it('shows every score with its rank, and the definition under its name', async () => {
  await show();
  const scores = section('Scores');
  expect(scores.getByRole('row', { name: /^Entropy .* of 32 nats$/ })).toBeTruthy();
  expect(scores.queryByText(/Mean entropy of the rows/)).toBeNull();
  fireEvent.click(scores.getByRole('button', { name: 'Entropy' }));
  expect(scores.getByText('Mean entropy of the rows.')).toBeTruthy();
});

it('goes to similar heads and to those that it composes with', async () => {
  const { store, rest, host } = await show();
  const asked = (method: string) => host.engine.calls.filter((call) => call.method === method);
  const chips = section('Similar heads').getAllByRole('button');
  expect(chips).toHaveLength(5);
  const name = chips[0]!.textContent.split(' ')[0]!;
  fireEvent.click(chips[0]!);
  await rest();
  expect(screen.getByRole('heading', { level: 1 }).textContent).toBe(name);
  expect(asked('run.descriptors')).toHaveLength(1);
  fireEvent.click(section('Composition').getByRole('radio', { name: 'V' }));
  await rest();
  expect(asked('model.composition').at(-1)!.params).toEqual({ ...store.getState().edit.head, kind: 'v' });
});

it('takes the logit of the likeliest next token apart, less that of the second as the score does, and of others', async () => {
  const { store, rest, host } = await show();
  const last = () => host.engine.calls.findLast(({ method }) => method === 'run.attribution')!.params;
  const choose = async (name: string, value: string) => {
    fireEvent.change(screen.getByRole('combobox', { name }), { target: { value } });
    await rest();
  };
  const tokens = store.getState().run.clean!.tokens;
  expect(last()).toMatchObject({ position: tokens - 1, token: 100, against: 101 });
  expect(section('Direct logit attribution').getByRole('row', { name: /^L1H1 rank/ })).toBeTruthy();
  await choose('Token whose logit is taken apart', '101');
  expect(last()).toMatchObject({ position: tokens - 1, token: 101, against: 100 });
  await choose('Token that it is compared with', '');
  expect(last()).toMatchObject({ position: tokens - 1, token: 101, against: null });
});

it('takes the logit of the token that came next apart by itself where a row before the last is pinned', async () => {
  const { store, rest, host } = await show();
  patch(store, 'edit', { pinnedToken: 2 });
  await rest();
  expect(host.engine.calls.findLast(({ method }) => method === 'run.attribution')!.params).toMatchObject({
    position: 2,
    against: null,
  });
});

it('keeps notes of each head', async () => {
  const { store, rest } = await show();
  fireEvent.change(screen.getByRole('textbox', { name: 'Notes on L1H1' }), { target: { value: 'Looks back.' } });
  selectHead(store, { layer: 0, head: 0 });
  await rest();
  expect(screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Notes on L0H0' }).value).toBe('');
  selectHead(store, { layer: 1, head: 1 });
  await rest();
  expect(screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Notes on L1H1' }).value).toBe('Looks back.');
});

it('shows what a retrieval score rests on beside the scores, where a probe set has one', async () => {
  const { session, cache, rest } = await show();
  const origin = await act(async () => session.scores.runProbe({ task: 'repeat', samples: 3 }, 'Needle'));
  await rest();
  expect(screen.queryByRole('region', { name: 'Retrieval, Needle' })).toBeNull();
  const shares = new Float64Array(32).fill(0.5);
  const raster = { tokens: 1, hits: new Float32Array(32) };
  const retrieval = { kept: 2, gate: 'the right answer was fed in', activation: shares, attempted: shares, raster };
  const key = originKey(origin!.id);
  act(() => cache.set(key, { status: 'ready', value: { ...cache.value(key)!, retrieval } }));
  expect(
    section('Retrieval, Needle').getByText(/^Kept 2 of 3 prompts, .*; gate: the right answer was fed in\.$/),
  ).toBeTruthy();
});

it('shows the best prompts of a probe set by the score of the atlas, or by another', async () => {
  const { session, rest, host } = await show();
  await act(async () => {
    await session.scores.runProbe({ task: 'repeat', samples: 3 }, 'Repeated random tokens');
  });
  await rest();
  const best = section('Best prompts');
  const score = best.getByRole<HTMLSelectElement>('combobox', { name: 'Score of the best prompts' });
  expect(score.selectedOptions[0]!.text).toBe('Induction, Repeated random tokens');
  expect(best.getAllByRole('listitem').length).toBeGreaterThan(0);
  expect(host.engine.calls.findLast(({ method }) => method === 'probe.best')!.params).toMatchObject({
    score: 'induction',
    layer: 1,
    head: 1,
  });
  fireEvent.change(score, { target: { value: score.options[0]!.value } });
  await rest();
  expect(score.selectedOptions[0]!.text).toBe('Entropy, Repeated random tokens');
});
