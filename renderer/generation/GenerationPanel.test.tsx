import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import { AppContext } from '../app/app-context.ts';
import { setInterventions, toggleAblation } from '../state/edits.ts';
import { initialSettings } from '../state/generation-state.ts';
import { patch } from '../state/store.ts';
import type { FakeEngineOptions } from '../testing/fake-engine.ts';
import { startSession } from '../testing/start-session.ts';
import { GenerateBar } from './GenerateBar.tsx';
import { GenerationPanel } from './GenerationPanel.tsx';

const HEAD = { layer: 2, head: 6 };

beforeEach(() => {
  // jsdom lays nothing out.
  Element.prototype.scrollIntoView = vi.fn();
});
afterEach(cleanup);

async function show(options: FakeEngineOptions = {}) {
  const services = startSession(options);
  await services.rest();
  render(
    <AppContext value={services}>
      <GenerationPanel />
      <GenerateBar />
    </AppContext>,
  );
  return services;
}

const chips = (kind = 'clean') => document.querySelectorAll(`[data-line="${kind}"]`);
const main = () => document.querySelector('.hs-generation__main')!.textContent;
/** One stands beside the options, one under the prompt. */
const press = (name: string) => fireEvent.click(screen.getAllByRole('button', { name })[0]!);

describe('GenerationPanel', () => {
  it('says what it is for while it is empty, and why nothing can be generated', async () => {
    const { store } = await show();
    expect(main()).toContain('Nothing has been generated yet');
    act(() => patch(store, 'prompt', { text: '' }));
    for (const button of screen.getAllByRole<HTMLButtonElement>('button', { name: 'Generate' })) {
      expect(button.disabled).toBe(true);
      expect(button.title).toBe('The prompt is empty.');
    }
    expect(screen.getByText('The prompt is empty.')).toBeTruthy();
  });

  it('shows tokens while they come, and stops with what came', async () => {
    const { store } = await show({ tokenMs: 20 });
    press('Generate');
    await waitFor(() => expect(chips().length).toBeGreaterThan(1));
    expect(screen.getByRole('progressbar').getAttribute('aria-valuetext')).toMatch(/Token \d+ of at most 32/);
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Add to prompt and run' }).disabled).toBe(true);
    press('Stop generating');
    const count = chips().length;
    expect(main()).toContain('Stopped by you.');
    expect(screen.queryByRole('progressbar')).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(chips()).toHaveLength(count);
    expect(store.getState().generation.clean?.tokens).toHaveLength(count);
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Add to prompt and run' }).disabled).toBe(false);
  });

  it('shows an error in place and tries again', async () => {
    const { host, rest } = await show();
    host.engine.generationFailure = new AppError('not-finite', 'The forward produced NaN.', { hint: 'Try another.' });
    press('Generate');
    expect((await screen.findByRole('alert')).textContent).toContain('The forward produced NaN.');
    expect(chips()).toHaveLength(3);
    host.engine.generationFailure = undefined;
    press('Try again');
    await act(rest);
    expect(screen.queryByRole('alert')).toBeNull();
    expect(main()).toContain('The model ended the text.');
  });

  it('marks what belongs to an earlier prompt or to other interventions', async () => {
    const { store, rest } = await show();
    press('Generate');
    await act(rest);
    const text = screen.getByRole('application');
    const add = () => screen.getByRole<HTMLButtonElement>('button', { name: 'Add to prompt and run' });
    expect(text.className).not.toContain('hs-stale');
    const before = store.getState().prompt.text;
    act(() => patch(store, 'prompt', { text: 'Something else' }));
    expect(text.className).toContain('hs-stale');
    expect(main()).toContain('Belongs to an earlier prompt.');
    expect(add().disabled).toBe(true);
    act(() => patch(store, 'prompt', { text: before }));
    expect(text.className).not.toContain('hs-stale');
    act(() => toggleAblation(store, HEAD));
    expect(main()).toContain('Made with other interventions than those in force now.');
    expect(add().disabled).toBe(false);
    act(() => setInterventions(store, []));
    expect(text.className).not.toContain('hs-stale');
    await act(rest);
  });

  it('reads a token under the pointer and by keys, with what was likeliest', async () => {
    const { rest } = await show();
    press('Generate');
    await act(rest);
    fireEvent.pointerOver(chips()[3]!);
    const reading = screen.getByRole('region', { name: 'Candidates at this step' });
    expect(reading.textContent).toContain('step 4');
    expect(reading.querySelector('.hs-step__taken')?.textContent).toContain('·She0.120 taken');
    expect(reading.querySelectorAll('tbody tr')).toHaveLength(5);
    const text = screen.getByRole('application');
    fireEvent.pointerLeave(text);
    fireEvent.keyDown(text, { key: 'ArrowRight' });
    fireEvent.keyDown(text, { key: 'ArrowRight' });
    expect(reading.textContent).toContain('step 2');
    expect(screen.getByText('Step 2, ·lantern, probability 0.710')).toBeTruthy();
  });

  it('puts both lines under each other and marks where they part', async () => {
    const { store, rest } = await show();
    act(() => toggleAblation(store, HEAD));
    await act(rest);
    press('Generate');
    await act(rest);
    expect(main()).toContain('greedy, with L2H6 zeroed');
    expect(main()).toContain('They part at step 2: clean “·lantern”, ablated “·kettle”.');
    const parted = document.querySelector('.hs-pair--difference')!;
    expect(parted.textContent).toBe('·lantern·kettle');
    fireEvent.pointerOver(chips('changed')[1]!);
    const heads = [...document.querySelectorAll('.hs-step thead th')].map(({ textContent }) => textContent);
    expect(heads).toEqual(['token', 'clean', 'ablated', 'bars']);
    fireEvent.pointerOver(chips('changed')[2]!);
    expect(document.querySelectorAll('.hs-step thead th')).toHaveLength(3);
  });

  it('keeps the settings, and refuses what is outside their limits', async () => {
    const { store } = await show();
    fireEvent.click(screen.getByRole('radio', { name: 'Sampled' }));
    const field = (name: string) => screen.getByRole<HTMLInputElement>('textbox', { name });
    fireEvent.change(field('Maximum tokens'), { target: { value: '12' } });
    fireEvent.change(field('Temperature'), { target: { value: '0,5' } });
    fireEvent.change(field('Top-k'), { target: { value: '40' } });
    fireEvent.change(field('Top-p'), { target: { value: '1.5' } });
    expect(field('Top-p').getAttribute('aria-invalid')).toBe('true');
    fireEvent.change(field('Seed'), { target: { value: '7' } });
    const sampled = {
      ...initialSettings,
      maxTokens: 12,
      choice: 'sample',
      temperature: 0.5,
      topK: 40,
      seed: 7,
    } as const;
    expect(store.getState().generation.settings).toEqual(sampled);
    fireEvent.change(field('Top-k'), { target: { value: '' } });
    expect(store.getState().generation.settings.topK).toBeUndefined();
    expect(screen.getByText('up to 12 tokens, sampled at temperature 0.5, seed 7')).toBeTruthy();
  });
});
