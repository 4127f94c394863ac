import { afterEach, describe, expect, it, vi } from 'vitest';
import { AppError, CancelledError } from '../../shared/base/app-error.ts';
import type { CallContext, Handlers } from '../../shared/contract/handlers.ts';
import type { EngineMethodName } from '../../shared/contract/methods.ts';
import { createInProcessPair } from '../../shared/rpc/in-process.ts';
import { serve } from '../../shared/rpc/server.ts';
import type { EngineProcess } from './engine-process.ts';
import { createEngineSupervisor, type EngineEvent, type EngineSupervisor } from './engine-supervisor.ts';

type Estimate = (params: { tokens: number }, context: CallContext) => Promise<unknown>;

/** A process whose only method is `run.estimate`; it lives in this process and can be told to die. */
function fakeProcess(estimate: Estimate, ready = true) {
  const [parent, child] = createInProcessPair();
  const exits: ((reason: string) => void)[] = [];
  const served = serve<EngineMethodName>(child, { 'run.estimate': estimate } as Partial<
    Handlers<EngineMethodName>
  > as Handlers<EngineMethodName>);
  if (ready) served.emit('engine.ready', { afterExit: false });
  const exit = (reason: string): void => {
    child.close();
    queueMicrotask(() => queueMicrotask(() => exits.splice(0).forEach((listener) => listener(reason))));
  };
  const process: EngineProcess = {
    transport: parent,
    onExit: (listener) => exits.push(listener),
    kill: () => exit('killed by SIGKILL'),
  };
  return { process, exit, ready: () => served.emit('engine.ready', { afterExit: false }) };
}

const answer = (tokens: number) => ({ tokens, milliseconds: 1, bytes: 1, peakBytes: 1, fits: true, onDisk: false });
const hang: Estimate = (_params, { signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new CancelledError())));
const deaf: Estimate = () => new Promise(() => undefined);

function context(signal: AbortSignal = new AbortController().signal): CallContext {
  return { signal, progress: () => undefined };
}

describe('engine supervisor', () => {
  let supervisor: EngineSupervisor | undefined;
  afterEach(() => supervisor?.dispose());

  function supervise(estimates: (Estimate | 'slow-start')[], policy = { most: 4, windowMs: 60_000, firstWaitMs: 5 }) {
    const processes: ReturnType<typeof fakeProcess>[] = [];
    const events: EngineEvent[] = [];
    supervisor = createEngineSupervisor({
      cancelPatienceMs: 30,
      crashPolicy: policy,
      spawn() {
        const estimate = estimates[Math.min(processes.length, estimates.length - 1)]!;
        const fake = fakeProcess(
          estimate === 'slow-start' ? ({ tokens }) => Promise.resolve(answer(tokens)) : estimate,
          estimate !== 'slow-start',
        );
        processes.push(fake);
        return fake.process;
      },
    });
    supervisor.onEvent((event) => events.push(event));
    const estimate = (tokens: number, signal?: AbortSignal) =>
      supervisor!.handlers['run.estimate']({ tokens }, context(signal));
    return { supervisor, processes, events, estimate };
  }

  it('forwards calls, and announces that the engine is ready', async () => {
    const { events, estimate } = supervise([({ tokens }) => Promise.resolve(answer(tokens))]);
    expect(await estimate(5)).toEqual(answer(5));
    expect(events).toEqual([{ event: 'engine.ready', data: { afterExit: false } }]);
  });

  it('holds calls back until the process is ready', async () => {
    const { processes, estimate } = supervise(['slow-start']);
    let answered = false;
    const call = estimate(5).then(() => (answered = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(answered).toBe(false);
    processes[0]!.ready();
    await call;
  });

  it('forwards expected failures and progress', async () => {
    const { supervisor } = supervise([
      (_params, call) => {
        call.progress({ phase: 'Layer 1', done: 1, total: 2, etaMs: null });
        return Promise.reject(new AppError('no-model', 'No model is open.', { hint: 'Open one.' }));
      },
    ]);
    const progress = vi.fn();
    const call = supervisor.handlers['run.estimate']({ tokens: 1 }, { signal: new AbortController().signal, progress });
    await expect(call).rejects.toMatchObject({ code: 'no-model', hint: 'Open one.' });
    expect(progress).toHaveBeenCalledOnce();
  });

  it('answers what was in flight with engine-died, announces the exit, starts again', async () => {
    const { processes, events, estimate } = supervise([deaf, ({ tokens }) => Promise.resolve(answer(tokens))]);
    const lost = expect(estimate(1)).rejects.toMatchObject({
      code: 'engine-died',
      message: expect.stringContaining('ended') as string,
    });
    await vi.waitFor(() => expect(events).toHaveLength(1));
    processes[0]!.exit('exit code 70');
    await lost;
    // Asked before the next process exists.
    expect(await estimate(2)).toEqual(answer(2));
    expect(events.slice(1)).toEqual([
      { event: 'engine.exited', data: { reason: 'exit code 70', byRequest: false } },
      { event: 'engine.ready', data: { afterExit: true } },
    ]);
  });

  it('leaves a process alone that answers a cancel', async () => {
    const { processes, estimate } = supervise([hang]);
    const controller = new AbortController();
    const call = expect(estimate(1, controller.signal)).rejects.toThrow(CancelledError);
    setTimeout(() => controller.abort(), 10);
    await call;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(processes).toHaveLength(1);
  });

  it('kills and replaces a process that ignores a cancel', async () => {
    const { processes, events, estimate } = supervise([deaf, ({ tokens }) => Promise.resolve(answer(tokens))]);
    const controller = new AbortController();
    const cancelled = expect(estimate(1, controller.signal)).rejects.toThrow(CancelledError);
    const other = expect(estimate(2)).rejects.toMatchObject({ code: 'engine-died' });
    setTimeout(() => controller.abort(), 10);
    await Promise.all([cancelled, other]);
    expect(await estimate(3)).toEqual(answer(3));
    expect(processes).toHaveLength(2);
    expect(events[1]).toEqual({
      event: 'engine.exited',
      data: { reason: 'it did not stop when it was asked to', byRequest: true },
    });
  });

  it('restarts on request', async () => {
    const { supervisor, processes, events, estimate } = supervise([
      deaf,
      ({ tokens }) => Promise.resolve(answer(tokens)),
    ]);
    const lost = expect(estimate(1)).rejects.toMatchObject({ code: 'engine-died' });
    await vi.waitFor(() => expect(events).toHaveLength(1));
    supervisor.restart();
    await lost;
    expect(await estimate(3)).toEqual(answer(3));
    expect(processes).toHaveLength(2);
    expect(events[1]).toEqual({ event: 'engine.exited', data: { reason: 'it was restarted', byRequest: true } });
  });

  it('gives up when the process keeps dying, says so, and starts again only on request', async () => {
    const { supervisor, processes, events, estimate } = supervise([deaf], {
      most: 2,
      windowMs: 60_000,
      firstWaitMs: 1,
    });
    for (let i = 0; i < 3; i++) {
      await vi.waitFor(() => expect(processes).toHaveLength(i + 1));
      processes[i]!.exit('exit code 1');
    }
    await vi.waitFor(() => expect(events.filter(({ event }) => event === 'engine.exited')).toHaveLength(3));
    await expect(estimate(1)).rejects.toMatchObject({
      code: 'engine-died',
      message: expect.stringContaining('again and again') as string,
    });
    expect(processes).toHaveLength(3);
    supervisor.restart();
    expect(processes).toHaveLength(4);
  });

  it('cancels calls that wait for a process', async () => {
    const { estimate } = supervise(['slow-start']);
    const controller = new AbortController();
    const call = expect(estimate(1, controller.signal)).rejects.toThrow(CancelledError);
    controller.abort();
    await call;
  });

  it('starts nothing any more after dispose', async () => {
    const { supervisor, processes, estimate } = supervise([deaf]);
    const lost = expect(estimate(1)).rejects.toMatchObject({ code: 'engine-died' });
    supervisor.dispose();
    await lost;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(processes).toHaveLength(1);
    await expect(estimate(1)).rejects.toMatchObject({ code: 'engine-died' });
  });
});
