/**
 * One suite for every transport: what a client and a server built on it may rely on. Each transport's own test calls
 * it with a way to make a connected pair.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { AppError, CancelledError } from '../../base/app-error.ts';
import type { Frame, Transport } from '../../contract/frames.ts';
import type { Progress } from '../../contract/methods.ts';
import { createClient, type Client } from '../client.ts';
import { HELLO, tileOf } from './conformance-server.ts';

/** A connected pair. `serverSide` may live in another process; it must run `serveConformance` of `conformance-server.ts` on its end. */
export interface ConformancePair {
  readonly client: Transport;
  /** Ends the connection from the serving side, as when a process dies. */
  readonly killServer: () => void | Promise<void>;
  readonly dispose: () => void | Promise<void>;
}

const TILE = { runId: 'r', layer: 0, head: 0, level: 0, tileColumn: 0, value: 'probability', reducer: 'max' } as const;

/** Bytes and answers survive, in order, whatever the transport does. */
export function describeTransport(name: string, connect: () => Promise<ConformancePair>): void {
  describe(`transport: ${name}`, () => {
    let pair: ConformancePair | undefined;
    afterEach(async () => {
      await pair?.dispose();
      pair = undefined;
    });
    const open = async (): Promise<Client> => {
      pair = await connect();
      return createClient(pair.client);
    };

    it('delivers the first event to a client that attaches after connecting', async () => {
      const client = await open();
      const hello = await new Promise((resolve) => client.onEvent('hello', resolve));
      expect(hello).toEqual(HELLO);
    });

    it('carries typed arrays and special numbers both ways', async () => {
      const client = await open();
      const tile = await client.call('run.tile', { ...TILE, tileRow: 0 });
      expect(tile.values).toEqual(tileOf(3).values);
      expect([tile.min, tile.max]).toEqual([NaN, -Infinity]);
      // A view into a larger buffer: only its own elements may arrive.
      const ids = Int32Array.from([9, 8, -7, 6, 5]).subarray(1, 4);
      const echoed = await client.call('prompt.tokenize', { prompt: { kind: 'ids', ids } });
      expect(echoed.ids).toEqual(Int32Array.from([8, -7, 6]));
    });

    it('carries 64 MiB in one answer', async () => {
      const client = await open();
      const tile = await client.call('run.tile', { ...TILE, tileRow: 64 });
      expect(tile.values.byteLength).toBe(64 * 1024 * 1024 + 12);
      expect(tile.values[16_777_000]).toBe(0);
    });

    it('answers requests independently of their order', async () => {
      const client = await open();
      const finished: number[] = [];
      await Promise.all(
        [1, 50, 25].map(async (tokens) => {
          const estimate = await client.call('run.estimate', { tokens });
          expect(estimate.tokens).toBe(tokens);
          finished.push(tokens);
        }),
      );
      expect(finished.sort((a, b) => a - b)).toEqual([1, 25, 50]);
    });

    it('keeps the order of many requests', async () => {
      const client = await open();
      const finished: number[] = [];
      const all = Array.from({ length: 200 }, (_, i) =>
        client.call('prompt.tokenize', { prompt: { kind: 'ids', ids: Int32Array.of(i) } }).then(({ ids }) => {
          finished.push(ids[0]!);
        }),
      );
      await Promise.all(all);
      expect(finished).toEqual(Array.from({ length: 200 }, (_, i) => i));
    });

    it('carries expected failures with code, hint and details', async () => {
      const client = await open();
      const call = client.call('run.start', { prompt: { kind: 'text', text: '', bos: true }, interventions: [] });
      await expect(call).rejects.toMatchObject({
        name: 'AppError',
        code: 'prompt-empty',
        message: 'The prompt is empty.',
        hint: 'Type something.',
        details: { tokens: 0 },
      });
    });

    it('carries bugs under the code internal', async () => {
      const client = await open();
      const call = client.call('run.start', { prompt: { kind: 'text', text: 'bug', bos: true }, interventions: [] });
      await expect(call).rejects.toMatchObject({
        code: 'internal',
        message: 'Unexpected failure: x is not a function',
      });
    });

    it('answers bad parameters by naming the field', async () => {
      const client = await open();
      const call = client.call('run.tile', { ...TILE, tileRow: 1, layer: -1 });
      await expect(call).rejects.toMatchObject({ code: 'bad-request', details: { field: 'layer' } });
    });

    it('answers unknown methods', async () => {
      const client = await open();
      const call = client.call('constructor' as 'run.tile', { ...TILE, tileRow: 1 });
      await expect(call).rejects.toMatchObject({ code: 'bad-request' });
    });

    it('answers a result that cannot be sent instead of leaving the caller waiting', async () => {
      const client = await open();
      await expect(client.call('run.release', { runId: 'r' })).rejects.toMatchObject({ code: 'internal' });
    });

    it('reports progress at most ten times a second, and the last report always', async () => {
      const client = await open();
      const seen: Progress[] = [];
      const prompt = { kind: 'text', text: '', bos: true } as const;
      const options = { onProgress: (progress: Progress) => seen.push(progress) };
      await expect(client.call('run.start', { prompt, interventions: [] }, options)).rejects.toThrow(AppError);
      expect(seen.map((progress) => progress.done)).toEqual([1, 100]);
    });

    it('cancels: the caller is told at once, the handler is aborted', async () => {
      const client = await open();
      const before = (await client.call('run.estimate', { tokens: 50 })).milliseconds;
      const controller = new AbortController();
      const prompt = { kind: 'text', text: 'wait', bos: true } as const;
      const onProgress = (): void => controller.abort();
      const call = client.call('run.start', { prompt, interventions: [] }, { signal: controller.signal, onProgress });
      await expect(call).rejects.toThrow(CancelledError);
      const after = (await client.call('run.estimate', { tokens: 1 })).milliseconds;
      expect(after).toBe(before + 1);
    });

    it('rejects what is pending, and what comes later, when the other end goes away', async () => {
      const client = await open();
      const closed = new Promise<string>((resolve) => client.onClose(resolve));
      const prompt = { kind: 'text', text: 'wait', bos: true } as const;
      const call = client.call('run.start', { prompt, interventions: [] });
      const outcome = expect(call).rejects.toMatchObject({ name: 'AppError', code: 'io' });
      await pair!.killServer();
      await outcome;
      expect(await closed).not.toBe('');
      await expect(client.call('run.estimate', { tokens: 1 })).rejects.toMatchObject({ code: 'io' });
    });

    it('delivers nothing and sends nothing after it was closed', async () => {
      pair = await connect();
      const frames: Frame[] = [];
      let closes = 0;
      const { client } = pair;
      client.onClose(() => closes++);
      client.close();
      client.onFrame((frame) => frames.push(frame));
      client.send({ type: 'cancel', id: 1 });
      client.close();
      await new Promise<void>((resolve) => setTimeout(resolve, 30));
      expect([frames, closes]).toEqual([[], 1]);
    });
  });
}
