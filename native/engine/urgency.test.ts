import { describe, expect, it } from 'vitest';
import { Urgency } from './urgency.ts';

const never = new AbortController().signal;

describe('Urgency', () => {
  it('runs batch jobs one at a time, in order, past failures', async () => {
    const urgency = new Urgency();
    const log: string[] = [];
    const job = (name: string) => async () => {
      log.push(`${name} starts`);
      await Promise.resolve();
      log.push(`${name} ends`);
      if (name === 'b') throw new Error('b fails');
    };
    const all = await Promise.allSettled(['a', 'b', 'c'].map((name) => urgency.batch(never, job(name))));
    expect(log).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('holds a batch job at its checkpoint while an interactive request runs', async () => {
    const urgency = new Urgency();
    const log: string[] = [];
    let finish: () => void = () => undefined;
    const interactive = urgency.interactive(async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      log.push('interactive');
    });
    const batch = urgency.batch(never, async () => {
      await urgency.turn();
      log.push('batch');
    });
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(log).toEqual([]);
    finish();
    await Promise.all([interactive, batch]);
    expect(log).toEqual(['interactive', 'batch']);
  });

  it('answers a job that is cancelled while it waits at once, not after the job before', async () => {
    const urgency = new Urgency();
    const controller = new AbortController();
    let finish: () => void = () => undefined;
    const first = urgency.batch(never, () => new Promise<void>((resolve) => (finish = resolve)));
    let started = false;
    const second = urgency.batch(controller.signal, () => Promise.resolve((started = true)));
    controller.abort();
    await expect(second).rejects.toThrow('Cancelled');
    finish();
    await first;
    await urgency.batch(never, () => Promise.resolve());
    expect(started).toBe(false);
  });

  it('never starts a batch job that was cancelled while it waited', async () => {
    const urgency = new Urgency();
    const controller = new AbortController();
    controller.abort();
    let started = false;
    const job = urgency.batch(controller.signal, () => Promise.resolve((started = true)));
    await expect(job).rejects.toThrow('Cancelled');
    expect(started).toBe(false);
  });

  it('goes on after a job that throws before its first await', async () => {
    const urgency = new Urgency();
    const { signal } = new AbortController();
    const throwing = (): Promise<number> => {
      throw new Error('at once');
    };
    const broken = urgency.batch(signal, throwing);
    const next = urgency.batch(signal, () => Promise.resolve(7));
    await expect(broken).rejects.toThrow('at once');
    await expect(next).resolves.toBe(7);
  });

  it('says when a job starts alone: no other is running, nor an interactive request', async () => {
    const log: string[] = [];
    const urgency = new Urgency(() => log.push('alone'));
    const job = (name: string) => async () => {
      await Promise.resolve();
      log.push(name);
    };
    let finish: () => void = () => undefined;
    const interactive = urgency.interactive(() => new Promise<void>((resolve) => (finish = resolve)));
    await urgency.batch(never, job('beside a request'));
    finish();
    await interactive;
    await Promise.all([urgency.batch(never, job('first')), urgency.batch(never, job('second'))]);
    expect(log).toEqual(['beside a request', 'alone', 'first', 'alone', 'second']);
  });
});
