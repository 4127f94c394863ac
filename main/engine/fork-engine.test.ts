import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CancelledError } from '../../shared/base/app-error.ts';
import type { CallContext } from '../../shared/contract/handlers.ts';
import { createEngineSupervisor, type EngineEvent, type EngineSupervisor } from './engine-supervisor.ts';
import { forkEngine } from './fork-engine.ts';

const entry = fileURLToPath(new URL('testing/fixture-engine.mjs', import.meta.url));
const context = (signal = new AbortController().signal): CallContext => ({ signal, progress: () => undefined });

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a forked engine under its supervisor', () => {
  let supervisor: EngineSupervisor | undefined;
  afterEach(() => supervisor?.dispose());
  const start = (cancelPatienceMs = 100): EngineEvent[] => {
    const events: EngineEvent[] = [];
    supervisor = createEngineSupervisor({
      cancelPatienceMs,
      spawn: () => forkEngine({ entry, shippedModel: '', tasks: '', addon: '' }),
    });
    supervisor.onEvent((event) => events.push(event));
    return events;
  };
  const estimate = (tokens: number, signal?: AbortSignal) =>
    supervisor!.handlers['run.estimate']({ tokens }, context(signal));

  it('answers, with typed arrays', async () => {
    start();
    const key = { level: 0, tileRow: 0, tileColumn: 0, value: 'logit', reducer: 'max', skipKeys: 0 } as const;
    const tile = await supervisor!.handlers['run.tile']({ runId: 'r', layer: 0, head: 0, ...key }, context());
    expect([tile.values.length, tile.min]).toEqual([65_536, NaN]);
  });

  it('is replaced after a crash and after ignoring a cancel', async () => {
    const events = start();
    await expect(estimate(13)).rejects.toMatchObject({ code: 'engine-died' });
    const second = (await estimate(1)).milliseconds;
    const controller = new AbortController();
    const stuck = expect(estimate(14, controller.signal)).rejects.toThrow(CancelledError);
    setTimeout(() => controller.abort(), 50);
    await stuck;
    await vi.waitFor(() => expect(events).toHaveLength(5), 5000);
    const third = (await estimate(1)).milliseconds;
    expect(third).not.toBe(second);
    expect(isAlive(second)).toBe(false);
    expect(events.map(({ event, data }) => [event, data])).toEqual([
      ['engine.ready', { afterExit: false }],
      ['engine.exited', { reason: 'exit code 70', byRequest: false }],
      ['engine.ready', { afterExit: true }],
      ['engine.exited', { reason: 'it did not stop when it was asked to', byRequest: true }],
      ['engine.ready', { afterExit: true }],
    ]);
  });

  it('dies with dispose', async () => {
    start();
    const pid = (await estimate(1)).milliseconds;
    supervisor!.dispose();
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 5000);
  });

  it('reports a program that cannot be started', async () => {
    supervisor = createEngineSupervisor({
      crashPolicy: { most: 0, windowMs: 1000, firstWaitMs: 0 },
      spawn: () => forkEngine({ entry: '/nonexistent/engine.mjs', shippedModel: '', tasks: '', addon: '' }),
    });
    await expect(estimate(1)).rejects.toMatchObject({ code: 'engine-died' });
  });
});

it('ends when its parent is gone', async () => {
  const child = fork(entry, [], { serialization: 'advanced' });
  await new Promise((resolve) => child.once('message', resolve));
  child.disconnect();
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
});
