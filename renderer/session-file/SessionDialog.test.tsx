import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import { RunControl } from '../app/RunControl.tsx';
import { AppContext } from '../app/app-context.ts';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { SessionButton } from './SessionButton.tsx';
import { SessionDialog } from './SessionDialog.tsx';

beforeEach(() => {
  // jsdom has no modal dialogs.
  HTMLDialogElement.prototype.showModal = vi.fn(function (this: HTMLDialogElement) {
    this.open = true;
  });
  HTMLDialogElement.prototype.close = vi.fn();
});
afterEach(cleanup);

async function show() {
  const services = startSession();
  await services.rest();
  patch(services.store, 'ui', { dialog: 'session' });
  render(
    <AppContext value={services}>
      <SessionButton />
      <RunControl />
      <SessionDialog />
    </AppContext>,
  );
  await screen.findByText('In /work', { selector: '.hs-options__group' });
  return services;
}

const press = (name: string | RegExp) => fireEvent.click(screen.getByRole('button', { name }));

describe('SessionDialog', () => {
  it('saves under a name in the folder that it shows, and again where it was', async () => {
    const { store, host, rest } = await show();
    const { saved } = host.engine.sessions;
    fireEvent.change(screen.getByLabelText('Name'), { target: { value: 'heads.headscope' } });
    fireEvent.click(screen.getByRole('switch', { name: /Include tensors/ }));
    press('Save');
    await waitFor(() => expect(store.getState().ui.dialog).toBeUndefined());
    expect([...saved.keys()]).toEqual(['/work/heads.headscope']);
    expect(saved.get('/work/heads.headscope')!.tensors).toBe(true);
    await screen.findByRole('button', { name: /^heads saved/ });

    act(() => patch(store, 'notes', { text: 'More.' }));
    press('Save');
    await act(rest);
    expect(saved.size).toBe(1);
    expect(saved.get('/work/heads.headscope')!.content.state['notes']!.data).toEqual({ text: 'More.' });
  });

  it('keeps the dialog open with the reason where saving fails', async () => {
    const { store, host } = await show();
    host.engine.sessions.failure = new AppError('io', 'The disk is full.', { hint: 'Free some space.' });
    press('Save');
    const alert = await screen.findByText('The disk is full.');
    expect(alert).toBeTruthy();
    expect(screen.getByText('Free some space.')).toBeTruthy();
    expect(store.getState().ui.dialog).toBe('session');
  });

  it('opens what is listed, and says beside Run what a stored run is', async () => {
    const { store, session, rest } = await show();
    await act(() => session.files.save('/work/a.headscope'));
    const recent = await screen.findByRole('group', { name: 'Recent' });
    // Too long to be run again by itself.
    act(() => patch(store, 'model', { live: false }));
    fireEvent.click(within(recent).getByRole('button', { name: /a\.headscope/ }));
    await act(rest);
    expect(store.getState().run.clean?.stored).toBeDefined();
    expect(screen.getByRole('status').textContent).toMatch(/^8-bit Stored run/);
    press('Run');
    await act(rest);
    expect(store.getState().run.clean?.stored).toBeUndefined();
    expect(screen.queryByRole('status')).toBeNull();
  });
});
