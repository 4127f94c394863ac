// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import { assertExists } from '../../shared/base/assert.ts';
import type { ParamsOf } from '../../shared/contract/methods.ts';
import { redo, selectHead, toggleAblation, undo } from '../state/edits.ts';
import { initialSettings, type GeneratedLine, type LineKind } from '../state/generation-state.ts';
import { generationBehind } from '../state/selectors.ts';
import { patch, type AppStore } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';

const HEAD = { layer: 2, head: 6 };

const line = (store: AppStore, kind: LineKind = 'clean'): GeneratedLine =>
  assertExists(store.getState().generation[kind], `${kind} line`);

/** Resolves once a line has at least so many tokens. */
function reaches(store: AppStore, kind: LineKind, tokens: number): Promise<void> {
  return new Promise((resolve) => {
    const stop = store.subscribe(({ generation }) => {
      if ((generation[kind]?.tokens.length ?? 0) < tokens) return;
      stop();
      resolve();
    });
  });
}

function starts(host: ReturnType<typeof startSession>['host']): readonly ParamsOf<'generate.start'>[] {
  return host.engine.calls
    .filter(({ method }) => method === 'generate.start')
    .map(({ params }) => params as ParamsOf<'generate.start'>);
}

describe('generating', () => {
  it('shows tokens as they come, keeping those that were there, and says why it ended', async () => {
    const { store, session, rest } = startSession({ tokenMs: 60 });
    await rest();
    patch(store, 'generation', { settings: { ...initialSettings, maxTokens: 6 } });
    const lengths: number[] = [];
    store.subscribe(({ generation }) => lengths.push(generation.clean?.tokens.length ?? 0));
    const running = session.generate();
    expect(store.getState().view.dockTab).toBe('generation');
    await reaches(store, 'clean', 2);
    const [first] = line(store).tokens;
    expect(line(store).end).toBeUndefined();
    await running;
    expect(line(store)).toMatchObject({ end: 'length', text: ' copper lantern. She kept it' });
    expect(line(store).tokens).toHaveLength(6);
    expect(line(store).tokens[0]).toBe(first);
    expect(lengths.filter((length, i) => length < (lengths[i - 1] ?? 0))).toEqual([]);
    expect(new Set(lengths).size).toBeGreaterThan(2);
    expect(store.getState().generation.job).toBeUndefined();
  });

  it('asks as it was set, with what the editor holds', async () => {
    const { store, session, host, rest } = startSession();
    await rest();
    await session.generate();
    const settings = {
      maxTokens: 5,
      choice: 'sample',
      temperature: 0.5,
      topK: 40,
      topP: undefined,
      seed: 9,
      stopAtEnd: false,
    } as const;
    patch(store, 'generation', { settings });
    patch(store, 'prompt', { text: 'Another prompt' });
    await session.generate();
    const [greedy, sampled] = starts(host);
    expect(greedy?.sampling).toEqual({ kind: 'greedy' });
    expect(sampled).toMatchObject({
      prompt: { kind: 'text', text: 'Another prompt', bos: true },
      interventions: [],
      maxTokens: 5,
      sampling: { kind: 'sample', temperature: 0.5, topK: 40, seed: 9 },
      stopAtEnd: false,
    });
  });

  it('under interventions makes the clean line too, and not again while nothing else changes', async () => {
    const { store, session, host, rest } = startSession();
    await rest();
    toggleAblation(store, HEAD);
    await rest();
    await session.generate();
    expect(line(store, 'changed').text).toContain('kettle');
    expect(line(store, 'clean').text).toContain('lantern');
    expect(starts(host).map(({ interventions }) => interventions.length)).toEqual([1, 0]);

    toggleAblation(store, { layer: 0, head: 1 });
    await rest();
    expect(generationBehind(store.getState())).toBe('interventions');
    await session.generate();
    expect(starts(host).map(({ interventions }) => interventions.length)).toEqual([1, 0, 2]);
    patch(store, 'generation', { settings: { ...initialSettings, maxTokens: 4 } });
    await session.generate();
    expect(starts(host)).toHaveLength(5);
    expect(line(store, 'clean').tokens).toHaveLength(4);
  });

  it('takes the ids of a model without a tokenizer', async () => {
    const { store, session, host, rest } = startSession({ tokenizer: false });
    await rest();
    patch(store, 'prompt', { idsText: '[5, x]' });
    await session.generate();
    expect(store.getState().generation.error?.message).toContain('“x”');
    expect(starts(host)).toHaveLength(0);
    patch(store, 'prompt', { idsText: '[5, 6]' });
    await session.generate();
    expect(store.getState().generation.error).toBeUndefined();
    await session.addToPrompt('clean');
    await rest();
    expect(store.getState().run.clean?.tokens).toBe(2 + line(store).tokens.length);
  });

  it('says that a prompt is empty, or too long', async () => {
    const { store, session, rest } = startSession({ context: 16 });
    await rest();
    await session.generate();
    expect(store.getState().generation).toMatchObject({ error: undefined, clean: { end: 'context', tokens: [] } });
    patch(store, 'prompt', { text: '' });
    await session.generate();
    expect(store.getState().generation.error?.code).toBe('prompt-empty');
  });
});

describe('an end before the end', () => {
  it('by the person keeps what came, and leaves the clean line out', async () => {
    const { store, session, host, rest } = startSession({ tokenMs: 20 });
    await rest();
    toggleAblation(store, HEAD);
    await rest();
    const running = session.generate();
    await reaches(store, 'changed', 1);
    session.cancelGeneration();
    const { tokens } = line(store, 'changed');
    await running;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(line(store, 'changed')).toMatchObject({ end: 'cancelled', tokens });
    expect(store.getState().generation).toMatchObject({ job: undefined, error: undefined, clean: undefined });
    expect(starts(host)).toHaveLength(1);
  });

  it('by an error says so, and the next one goes well', async () => {
    const { store, session, host, rest } = startSession();
    await rest();
    host.engine.generationFailure = new AppError('not-finite', 'The forward produced NaN.');
    await session.generate();
    expect(store.getState().generation).toMatchObject({
      job: undefined,
      error: { code: 'not-finite' },
      clean: { end: 'interrupted' },
    });
    expect(line(store).tokens).toHaveLength(3);
    host.engine.generationFailure = undefined;
    await session.generate();
    expect(store.getState().generation).toMatchObject({ error: undefined, clean: { end: 'end-token' } });
  });

  it('by the death of the engine keeps what came, and the replay keeps it too', async () => {
    const { store, session, host, rest } = startSession({ tokenMs: 20 });
    await rest();
    const running = session.generate();
    await reaches(store, 'clean', 1);
    host.kill();
    await running;
    expect(store.getState().generation).toMatchObject({ job: undefined, error: undefined });
    expect(line(store).end).toBe('interrupted');
    host.revive();
    await rest();
    expect(line(store).tokens.length).toBeGreaterThan(0);
    expect(store.getState().run.stale).toBe(false);
  });

  it('by another model forgets it', async () => {
    const { store, session, rest } = startSession({ tokenMs: 20 });
    await rest();
    const running = session.generate();
    await reaches(store, 'clean', 1);
    await session.openModel('/models/pythia-70m');
    await running;
    await rest();
    expect(store.getState().generation).toMatchObject({ job: undefined, origin: undefined, clean: undefined });
  });
});

describe('adding to the prompt', () => {
  it('runs prompt and text, and undo and redo go between the two without losing what was typed', async () => {
    const { store, session, rest } = startSession();
    await rest();
    const { text } = store.getState().prompt;
    const tokens = store.getState().run.clean!.tokens;
    patch(store, 'generation', { settings: { ...initialSettings, maxTokens: 4 } });
    await session.generate();
    expect(generationBehind(store.getState())).toBeUndefined();
    await session.addToPrompt('clean');
    await rest();
    const longer = `${text} copper lantern. She`;
    expect(store.getState().prompt.text).toBe(longer);
    expect(store.getState().run.clean?.tokens).toBe(tokens + 4);
    expect(generationBehind(store.getState())).toBe('prompt');
    expect(store.getState().ui.notice).toBeUndefined();

    selectHead(store, HEAD);
    patch(store, 'prompt', { text: `${longer} said` });
    undo(store);
    expect(store.getState().prompt.text).toBe(`${longer} said`);
    undo(store);
    await rest();
    expect(store.getState().prompt.text).toBe(text);
    expect(store.getState().run.clean?.tokens).toBe(tokens);
    expect(generationBehind(store.getState())).toBeUndefined();
    redo(store);
    await rest();
    expect(store.getState().prompt.text).toBe(`${longer} said`);
    expect(store.getState().run.clean?.tokens).toBe(tokens + 5);
  });

  it('says where the text is split into other tokens than were generated', async () => {
    const { store, session, rest } = startSession();
    await rest();
    // The first generated token goes on the prompt's last word, so that the two become one.
    patch(store, 'prompt', { text: 'The secret word is' });
    await session.generate();
    const { tokens } = line(store);
    const [first, ...others] = tokens;
    const glued = { ...assertExists(first, 'token'), text: 'land' };
    patch(store, 'generation', { clean: { ...line(store), tokens: [glued, ...others], text: 'land lantern' } });
    await session.addToPrompt('clean');
    await rest();
    expect(store.getState().ui.notice?.text).toContain('other tokens');
  });
});
