import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppContext } from '../app/app-context.ts';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { ProbeDialog } from './ProbeDialog.tsx';

beforeEach(() => {
  // jsdom has no modal dialogs.
  HTMLDialogElement.prototype.showModal = vi.fn(function (this: HTMLDialogElement) {
    this.open = true;
  });
  HTMLDialogElement.prototype.close = vi.fn();
});
afterEach(cleanup);

async function show() {
  const services = startSession({ layers: 2, heads: 4, kvHeads: 2 });
  await services.rest();
  const { store } = services;
  patch(store, 'ui', { dialog: 'probe' });
  const own = { id: 'file', name: 'Your own prompts', description: '', parameters: [], unavailable: null };
  patch(store, 'scores', { probes: [...store.getState().scores.probes, own] });
  render(
    <AppContext value={services}>
      <ProbeDialog />
    </AppContext>,
  );
  return services;
}

describe('ProbeDialog', () => {
  it('says what each score costs, and what runs where none is ticked', async () => {
    await show();
    expect(screen.getByText('none ticked: all but those that cost forwards for each head')).toBeDefined();
    expect(screen.getByRole('checkbox', { name: 'Retrieval decodes answers' })).toBeDefined();
    const swept = screen.getByRole('checkbox', { name: 'Streaming, end to end costs forwards for each head' });
    fireEvent.click(swept);
    expect(screen.queryByText(/^none ticked/)).toBeNull();
  });

  it('asks for number and seed where prompts are drawn, not where they are given', async () => {
    const { store } = await show();
    expect(screen.getByRole('group', { name: 'Size' })).toBeDefined();
    expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Length' }).placeholder).toBe('128');
    act(() => patch(store, 'scores', { settings: { ...store.getState().scores.settings, probe: 'file' } }));
    expect(screen.queryByRole('group', { name: 'Size' })).toBeNull();
    expect(screen.getByLabelText('Prompts (JSON lines)')).toBeDefined();
  });

  it('runs nothing while a field holds what is not taken, and says why', async () => {
    const { store } = await show();
    const run = () => screen.getByRole<HTMLButtonElement>('button', { name: 'Run' });
    for (const [name, wrong, good] of [
      ['Prompts', '0', '3'],
      ['Seed', '-1', '5'],
      ['Length', 'x', '64'],
    ] as const) {
      const field = screen.getByRole('textbox', { name });
      fireEvent.change(field, { target: { value: wrong } });
      fireEvent.blur(field);
      expect(field).toHaveProperty('value', wrong);
      expect(run().disabled).toBe(true);
      expect(run().title).toContain(`${name} cannot be “${wrong}”`);
      expect(screen.getAllByText(run().title)).toHaveLength(1);
      fireEvent.change(field, { target: { value: good } });
      fireEvent.blur(field);
      expect(run().disabled).toBe(false);
    }
    expect(store.getState().scores.settings).toMatchObject({ samples: 3, seed: 5 });
    act(() => patch(store, 'scores', { settings: { ...store.getState().scores.settings, probe: 'file' } }));
    expect(run()).toMatchObject({ disabled: true, title: 'No prompts were read yet.' });
  });

  it('ends with a score of the run on the atlas, and with the choice of others', async () => {
    const { store, rest } = await show();
    fireEvent.click(screen.getByRole('checkbox', { name: /^Streaming deviation/ }));
    fireEvent.click(screen.getByRole('button', { name: 'Run' }));
    await act(rest);
    await waitFor(() => expect(store.getState().ui.dialog).toBe('scores'));
    const { view, scores } = store.getState();
    expect([view.scoreId, view.sortBy]).toEqual(Array(2).fill(`${scores.origins[0]!.id}:streaming`));
  });

  it('that was closed before the run ended takes nobody from their work: a line says that it has', async () => {
    const { store, rest } = await show();
    const { scoreId } = store.getState().view;
    fireEvent.click(screen.getByRole('button', { name: 'Run' }));
    act(() => patch(store, 'ui', { dialog: 'help' }));
    await act(rest);
    await waitFor(() => expect(store.getState().scores.origins).toHaveLength(1));
    await waitFor(() => expect(store.getState().ui.notice?.text).toContain('Repeated random tokens'));
    expect(store.getState().ui.dialog).toBe('help');
    expect(store.getState().view.scoreId).toBe(scoreId);
  });
});
