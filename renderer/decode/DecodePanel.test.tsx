import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AppContext } from '../app/app-context.ts';
import { decodeKey } from '../lab/lab-keys.ts';
import { redo, selectHead, undo } from '../state/edits.ts';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { stubElementSize } from '../testing/stub-element-size.ts';
import { DecodePanel } from './DecodePanel.tsx';

beforeEach(() => {
  stubElementSize(640, 500);
  // Frames are cloned by Node, whose arrays are not those of the simulated page.
  vi.stubGlobal('Int32Array', structuredClone(new Int32Array(0)).constructor);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function open(question: 'seen' | 'unseen' = 'unseen') {
  const services = startSession({ layers: 2, heads: 4, kvHeads: 2 });
  await services.rest();
  const { store, session } = services;
  patch(store, 'view', { centre: 'decode' });
  selectHead(store, { layer: 0, head: 1 });
  session.lab.set({ question });
  session.decode.set({ choice: { method: 'sink-window', parameters: {}, budget: { keys: 6 } } });
  render(
    <AppContext value={services}>
      <DecodePanel />
    </AppContext>,
  );
  await settle(services);
  fireEvent.click(screen.getByRole('button', { name: 'Generate under the method' }));
  await settle(services);
  return services;
}

const settle = async ({ rest }: Pick<ReturnType<typeof startSession>, 'rest'>) => act(async () => rest());
const slider = () => screen.getByRole('slider', { name: 'Step' });
const said = () => screen.getByText(/^Predicted by query/).textContent;

it('shows both texts, where they part, and goes from step to step', async () => {
  const services = await open();
  expect(screen.getByText(/texts part at step 2/)).toBeDefined();
  const texts = screen.getByRole('application', { name: /^Generated tokens/ });
  expect(
    within(texts)
      .getAllByRole('button')
      .map(({ textContent }) => textContent),
  ).toEqual(expect.arrayContaining(['·copper', '·lantern', '·kettle']));
  expect(slider().getAttribute('aria-valuetext')).toMatch(/^step 1 of 4: ·copper, p = /);
  const before = /query ([\d,]+)/.exec(said())![1]!;
  fireEvent.keyDown(texts, { key: 'ArrowRight' });
  await settle(services);
  expect(slider().getAttribute('aria-valuetext')).toMatch(/^step 2 of 4: ·kettle/);
  expect(Number(/query ([\d,]+)/.exec(said())![1])).toBe(Number(before) + 1);
  expect(said()).toMatch(/a head reads .* keys and misses .* L0H1 reads/);
  fireEvent.keyDown(texts, { key: 'ArrowUp' });
  expect(slider().getAttribute('aria-valuetext')).toMatch(/·lantern/);
  fireEvent.keyDown(texts, { key: 'End' });
  expect(slider().getAttribute('aria-valuetext')).toMatch(/^step 4 of 4/);
});

it('tells of a dropped key which heads wanted it; the pin is of its own', async () => {
  const services = await open();
  const strip = screen.getByRole('application', { name: /^Tokens at the query/ });
  const key = strip.querySelector('.hs-kept__token--dropped')!;
  fireEvent.click(key);
  await settle(services);
  const { decode, lab } = services.store.getState();
  expect(decode.key).toBe(Number(key.getAttribute('data-key')));
  expect(lab.key).toBeNull();
  const panel = screen.getByRole('region', { name: 'One key' });
  expect(panel.textContent).toMatch(/heads do not read it/);
  fireEvent.keyDown(strip, { key: 'ArrowDown' });
  expect(services.store.getState().decode.step).toBe(1);
});

it('says that the first step is dense where the method begins after the prompt', async () => {
  const services = await open('seen');
  expect(said()).toMatch(/reads everything, because the method begins after it/);
  expect(screen.queryByRole('application', { name: /^Tokens at the query/ })).toBeNull();
  fireEvent.change(slider(), { target: { value: '1' } });
  await settle(services);
  expect(said()).toMatch(/misses/);
});

it('says of a result that the one that was asked for after it failed', async () => {
  const services = await open();
  expect(screen.queryByRole('note')).toBeNull();
  act(() => services.session.decode.set({ choice: { method: 'sink-window', parameters: {}, budget: { keys: 1 } } }));
  fireEvent.click(screen.getByRole('button', { name: 'Generate under the method' }));
  await settle(services);
  expect(screen.getByRole('alert').textContent).toContain('A budget of 1 key leaves no window.');
  expect(screen.getByRole('note').textContent).toBe(
    'What follows was generated before, under StreamingLLM (sink + window) @ 6 keys.',
  );
});

it('generates nothing while a field holds what is not taken', async () => {
  await open();
  const generate = () => screen.getByRole<HTMLButtonElement>('button', { name: 'Generate under the method' });
  for (const [name, text, good] of [
    ['budget', '1000 %', '25%'],
    ['tokens', '0', '4'],
    ['question from token', '9999', '3'],
  ] as const) {
    const field = screen.getByRole('textbox', { name });
    fireEvent.change(field, { target: { value: text } });
    fireEvent.blur(field);
    expect(field).toHaveProperty('value', text);
    expect(generate().title).toContain(`${name} cannot be “${text}”`);
    expect(generate().disabled).toBe(true);
    fireEvent.change(field, { target: { value: good } });
    expect(generate().disabled).toBe(false);
  }
});

it('takes back what was set in the order of all that was done, a field that was typed at once', async () => {
  const { store, session } = await open();
  const settings = () => store.getState().edit.decode;
  const first = settings();
  for (const text of ['1', '12', '12%']) {
    fireEvent.change(screen.getByRole('textbox', { name: 'budget' }), { target: { value: text } });
  }
  fireEvent.change(screen.getByRole('textbox', { name: 'tokens' }), { target: { value: '7' } });
  act(() => selectHead(store, { layer: 1, head: 2 }));
  fireEvent.change(screen.getByRole('combobox', { name: 'method' }), { target: { value: 'h2o' } });
  act(() => session.decode.look({ step: 1 }));
  act(() => undo(store));
  expect(settings()).toEqual({ choice: { ...first.choice, budget: { share: 0.12 } }, maxTokens: 7 });
  expect(screen.getByRole<HTMLSelectElement>('combobox', { name: 'method' }).value).toBe('sink-window');
  act(() => undo(store));
  expect(store.getState().edit.head).toEqual({ layer: 0, head: 1 });
  act(() => undo(store));
  act(() => undo(store));
  expect(settings()).toEqual(first);
  expect(screen.getByRole('textbox', { name: 'budget' })).toHaveProperty('value', '6');
  for (let step = 0; step < 4; step++) act(() => redo(store));
  expect(settings()).toEqual({ choice: { ...first.choice, method: 'h2o', budget: { share: 0.12 } }, maxTokens: 7 });
  expect(store.getState().decode.step).toBe(1);
});

it('offers to generate again what the engine has let go of', async () => {
  const services = await open();
  const { store, cache } = services;
  const key = decodeKey(store.getState().decode.result!);
  const record = cache.value(key)!;
  act(() => {
    cache.set(key, { status: 'ready', value: { ...record, method: { ...record.method, trace: 'gone' } } });
    patch(store, 'decode', { step: 1 });
  });
  await settle(services);
  expect(screen.getByRole('alert').textContent).toContain('no longer held');
  expect(screen.getByRole('button', { name: 'Generate again' })).toBeDefined();
});
