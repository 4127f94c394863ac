import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AppContext } from '../app/app-context.ts';
import { selectHead, toggleAblation, undo } from '../state/edits.ts';
import { startSession } from '../testing/start-session.ts';
import { stubElementSize } from '../testing/stub-element-size.ts';
import { EffectsPanel } from './EffectsPanel.tsx';

beforeEach(() => {
  stubElementSize(640, 500);
});
afterEach(cleanup);

const HEAD = { layer: 1, head: 3 };

async function open(options: Parameters<typeof startSession>[0] = {}) {
  const services = startSession(options);
  await services.rest();
  selectHead(services.store, HEAD);
  render(
    <AppContext value={services}>
      <EffectsPanel />
    </AppContext>,
  );
  return services;
}

/** By its text alone: asking for roles goes through every cell of every list. */
function button(name: string): HTMLElement {
  const found = [...document.querySelectorAll('button')].find(
    ({ textContent }) => textContent.replace('•', '') === name,
  );
  if (!found) throw new Error(`There is no button ${name}.`);
  return found;
}

const go = (name: string) => fireEvent.click(button(name));

/** Asks, and waits until the answer is on screen. */
async function ask(services: Awaited<ReturnType<typeof open>>, name: string): Promise<void> {
  fireEvent.click(button(name));
  await act(async () => services.rest());
}

it('sweeps, shows the strongest heads and puts a measure on the atlas', async () => {
  const services = await open({ layers: 2, heads: 4, kvHeads: 2 });
  await ask(services, 'Run the sweep');
  expect(services.store.getState().view.scoreId).toBe('sweep-1:effect-kl');
  expect(screen.getByText(/8 forwards in 0\.1 s; FLOP bound 1\.900 ×/)).toBeDefined();
  const top = document.querySelector<HTMLElement>('section[aria-label="Effect, nll"]')!;
  fireEvent.click(within(top).getByText('to the atlas'));
  expect(services.store.getState().view.scoreId).toBe('sweep-1:effect-nll');
  fireEvent.click(within(top).getAllByText(/^L\dH\d$/)[0]!);
  expect(services.store.getState().edit.head).not.toEqual(HEAD);
});

it('puts the greedy set into the list of interventions in a step that undo takes back', async () => {
  const services = await open();
  go('Greedy');
  fireEvent.change(screen.getByRole('textbox', { name: 'take' }), { target: { value: '3' } });
  await ask(services, 'Search');
  const order = within(screen.getByRole('list', { name: 'In the order in which they were taken' }));
  const names = order.getAllByRole('button').map((button) => /L\dH\d/.exec(button.textContent)![0]);
  expect(names).toHaveLength(3);
  fireEvent.click(button('Ablate these'));
  const { interventions } = services.store.getState().edit;
  expect(
    interventions.map(({ what, where }) => `${what} L${where.layer}H${'head' in where ? where.head : ''}`),
  ).toEqual(names.map((name) => `zero ${name}`));
  act(() => undo(services.store));
  expect(services.store.getState().edit.interventions).toEqual([]);
  await act(async () => services.rest());
});

it('reads a line plot by key', async () => {
  const services = await open();
  go('Dose');
  await ask(services, 'Dose-response of L1H3');
  const plot = screen.getByRole('img', { name: /^mean KL/ });
  fireEvent.keyDown(plot, { key: 'ArrowRight' });
  expect(screen.getByText(/^factor on z of L1H3 −1: /)).toBeDefined();
});

it('says what is missing before it can be asked', async () => {
  const services = await open();
  go('Random');
  expect(button('Compare with random sets')).toHaveProperty('disabled', true);
  act(() => toggleAblation(services.store, HEAD));
  await act(async () => services.rest());
  await ask(services, 'Compare with random sets');
  expect(screen.getByRole('img', { name: 'The set beside 20 random sets, by measure' })).toBeDefined();
  go('Patching');
  expect(screen.getByText('Change the corrupted prompt first.')).toBeDefined();
});

it('patches an edited copy both ways; a click selects the head', async () => {
  const services = await open();
  go('Patching');
  const copy = screen.getByRole<HTMLTextAreaElement>('textbox', { name: /^Corrupted prompt/ });
  fireEvent.change(copy, { target: { value: copy.value.replace('copper', 'silver') } });
  await act(async () => services.rest());
  expect(screen.getAllByText(/1 differ, 0 without a partner/).length).toBeGreaterThan(0);
  await ask(services, 'Patch');
  expect(screen.getByRole('region', { name: 'Noise: corrupted into clean' })).toBeDefined();
  const map = screen.getByRole('img', { name: /^Denoise: clean into corrupted: recovery/ });
  for (const key of ['ArrowDown', 'ArrowRight', 'Enter']) fireEvent.keyDown(map, { key });
  expect(services.store.getState().edit.head).toEqual({ layer: 2, head: 4 });
});

it('measures accuracy with the heads that a score ranks first', async () => {
  const services = await open();
  go('Accuracy');
  await act(async () => services.rest());
  const heads = screen.getByRole('textbox', { name: 'heads' });
  fireEvent.change(heads, { target: { value: '1, 2, x' } });
  fireEvent.blur(heads);
  expect(heads).toHaveProperty('value', '1, 2, x');
  expect(heads.getAttribute('aria-invalid')).toBe('true');
  fireEvent.change(heads, { target: { value: '1, 2' } });
  fireEvent.change(screen.getByRole('combobox', { name: 'ranking by' }), { target: { value: 'entropy' } });
  await ask(services, 'Measure accuracy');
  const [call] = services.host.engine.calls.filter(({ method }) => method === 'sweep.accuracy');
  expect(call!.params).toMatchObject({ task: 'needle', counts: [1, 2], draws: 20 });
  expect(screen.getByText(/ranked by Entropy, largest first, bars: 95% interval/)).toBeDefined();
  expect(screen.getByText(/random heads, mean of 20 draws, band: 2.5% to 97.5% of draws/)).toBeDefined();
});

it('begins nothing while a field holds what is not taken, and says why', async () => {
  const services = await open();
  const mend = (tab: string, run: string, name: string, [wrong, good]: readonly [string, string]) => {
    go(tab);
    const field = screen.getByRole('textbox', { name });
    fireEvent.change(field, { target: { value: wrong } });
    fireEvent.blur(field);
    expect(field).toHaveProperty('value', wrong);
    expect(button(run)).toHaveProperty('disabled', true);
    expect(button(run).title).toContain(`${name} cannot be “${wrong}”`);
    expect(screen.getByRole('alert').textContent).toMatch(/^It takes .*\. It is still /);
    fireEvent.change(field, { target: { value: good } });
    expect(button(run)).toHaveProperty('disabled', false);
    expect(screen.queryByRole('alert')).toBeNull();
  };
  mend('Dose', 'Dose-response of L1H3', 'factors from', ['9', '-2']);
  mend('Dose', 'Dose-response of L1H3', 'step', ['0', '0.25']);
  mend('Sweep', 'Run the sweep', 'rows', ['3-7', '3:7']);
  const { factors, change } = services.store.getState().effects.settings;
  expect([factors, change.rows]).toEqual([{ ...factors, from: -2, step: 0.25 }, [{ start: 3, end: 7 }]]);
  // One that is needed and was never given.
  fireEvent.change(screen.getByRole('combobox', { name: /^Do/ }), { target: { value: 'patch' } });
  expect(button('Run the sweep').title).toContain('from cannot be “”');
  fireEvent.change(screen.getByRole('textbox', { name: 'from' }), { target: { value: 'needle*16/0' } });
  expect(button('Run the sweep')).toHaveProperty('disabled', false);
  // What is wrong in a tab that is left holds up no other.
  fireEvent.change(screen.getByRole('textbox', { name: 'rows' }), { target: { value: 'x' } });
  go('Dose');
  expect(button('Dose-response of L1H3')).toHaveProperty('disabled', false);
});

it('goes from tab to tab by key', async () => {
  await open();
  fireEvent.keyDown(screen.getByRole('tab', { name: /^Sweep/ }), { key: 'ArrowRight' });
  expect(screen.getByRole('tab', { name: /^Greedy/ }).getAttribute('aria-selected')).toBe('true');
});
