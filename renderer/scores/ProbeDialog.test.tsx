import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
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
    act(() => patch(store, 'scores', { settings: { ...store.getState().scores.settings, probe: 'file' } }));
    expect(screen.queryByRole('group', { name: 'Size' })).toBeNull();
    expect(screen.getByLabelText('Prompts (JSON lines)')).toBeDefined();
  });
});
