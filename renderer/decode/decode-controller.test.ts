// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { assertExists } from '../../shared/base/assert.ts';
import { decodeKey } from '../lab/lab-keys.ts';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';

type Services = ReturnType<typeof startSession>;

async function open(options: Parameters<typeof startSession>[0] = {}): Promise<Services> {
  const services = startSession(options);
  await services.rest();
  await services.session.lab.loadMethods();
  return services;
}

const record = ({ store, cache }: Services) =>
  assertExists(cache.value(decodeKey(store.getState().decode.result ?? '')), 'result');
const asked = ({ host }: Services) =>
  host.engine.calls.filter(({ method }) => method === 'method.generate').map(({ params }) => params as object);

describe('generating under a method', () => {
  it('asks for both of the prompt on screen, from where the question begins', async () => {
    const services = await open();
    const { store, session } = services;
    session.lab.set({ questionStart: 5 });
    session.decode.set({ maxTokens: 3, choice: { method: 'snapkv', parameters: {}, budget: { keys: 4 } } });
    expect(await session.decode.generate()).toBe(true);
    const same = { promptLength: 5, maxTokens: 3 };
    expect(asked(services)).toMatchObject([
      { ...same, method: 'dense' },
      { ...same, method: 'snapkv', budget: { keys: 4 } },
    ]);
    const { dense, method, about, maxTokens } = record(services);
    expect(dense.text).toBe(' copper lantern.');
    expect(method.text).toBe(' copper kettle.');
    expect(about).toMatchObject({ promptLength: 5, questionStart: 5, question: 'unseen', fidelity: 'F3' });
    expect(maxTokens).toBe(3);
    expect(store.getState().decode.job).toBeUndefined();
  });

  it('begins at the end of the prompt where the selector sees the question', async () => {
    const services = await open();
    const { session } = services;
    session.lab.set({ question: 'seen' });
    await session.decode.generate();
    const { method } = record(services);
    expect(method.promptLength).toBe(method.promptTokens);
  });

  it('makes the dense text of a prompt once, unless it is asked for anew or the engine was away', async () => {
    const services = await open();
    const { session } = services;
    await session.decode.generate();
    session.decode.set({ choice: { method: 'quest', parameters: {}, budget: null } });
    await session.decode.generate();
    expect(asked(services).map((each) => (each as { method: string }).method)).toEqual([
      'dense',
      'sink-window',
      'quest',
    ]);
    await session.decode.generate(true);
    expect(asked(services)).toHaveLength(5);
    session.decode.stop();
    await session.decode.generate();
    expect(asked(services)).toHaveLength(7);
    session.decode.set({ maxTokens: 2 });
    await session.decode.generate();
    expect(asked(services)).toHaveLength(9);
  });

  it('shows what there is while it goes on, and nothing of it once cancelled', async () => {
    const services = await open({ layerMs: 15 });
    const { store, session } = services;
    const seen: string[] = [];
    store.subscribe(({ decode }) => seen.push(decode.job?.progress?.partial?.text ?? ''));
    const running = session.decode.generate();
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(store.getState().decode.job).toBeDefined();
    session.decode.cancel();
    expect(await running).toBe(false);
    expect(seen.some((text) => text.startsWith(' copper'))).toBe(true);
    expect(store.getState().decode).toMatchObject({ job: undefined, failed: undefined, result: undefined });
  });

  it('says what is wrong, and keeps what there was', async () => {
    const services = await open();
    const { store, session } = services;
    await session.decode.generate();
    const { result } = store.getState().decode;
    session.decode.set({ choice: { method: 'h2o', parameters: {}, budget: { keys: 1 } } });
    expect(await session.decode.generate()).toBe(false);
    expect(store.getState().decode).toMatchObject({ result, failed: { code: 'bad-request' } });
  });

  it('keeps the step within the text, and forgets both with the model', async () => {
    const services = await open();
    const { store, session } = services;
    session.decode.set({ maxTokens: 4 });
    await session.decode.generate();
    session.decode.look({ step: 3 });
    session.decode.set({ maxTokens: 2 });
    await session.decode.generate();
    expect(store.getState().decode.step).toBe(1);
    const { result } = store.getState().decode;
    const { model } = store.getState();
    patch(store, 'model', { info: { ...model.info!, modelId: 'other' } });
    expect(store.getState().decode.result).toBeUndefined();
    expect(services.cache.get(decodeKey(result!))).toBeUndefined();
  });
});
