/** The serving end of the transport suite, in a file of its own so that it also runs in processes without a test runner. */
import { AppError, CancelledError } from '../../base/app-error.ts';
import type { Transport } from '../../contract/frames.ts';
import type { Handlers } from '../../contract/handlers.ts';
import type { Tile } from '../../contract/methods.ts';
import { serve, type Served } from '../server.ts';

/** The methods that the suite's server answers. */
export type ConformanceMethods = 'run.tile' | 'run.estimate' | 'run.start' | 'run.release' | 'prompt.tokenize';

export const HELLO = { protocol: 1, version: '0.0.0', shell: 'browser', platform: 'linux' } as const;

/** The serving end of the suite; call it where the transport's other end is. */
export function serveConformance(transport: Transport): Served {
  const served = serve<ConformanceMethods>(transport, conformanceHandlers);
  served.emit('hello', HELLO);
  return served;
}

/** A tile of known values, NaN at the end. */
export const tileOf = (size: number): Tile => {
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = i % 1000;
  if (size > 0) values[size - 1] = NaN;
  return { values, min: NaN, max: -Infinity };
};

let cancelled = 0;

const conformanceHandlers: Handlers<ConformanceMethods> = {
  /** `tileRow` says how many MiB to answer. */
  'run.tile': ({ tileRow }) => Promise.resolve(tileOf(tileRow * 262_144 + 3)),
  /** Answers with the number that was asked, later for smaller numbers. */
  'run.estimate': async ({ tokens }) => {
    await new Promise<void>((resolve) => setTimeout(resolve, 50 - Math.min(50, tokens)));
    return { tokens, milliseconds: cancelled, bytes: 0, peakBytes: 1, fits: true, onDisk: false };
  },
  /** Reports progress 100 times and waits for a cancel when the prompt says so. */
  'run.start': async ({ prompt }, { signal, ...context }) => {
    for (let done = 1; done <= 100; done++) context.progress({ phase: 'Counting', done, total: 100, etaMs: null });
    if (prompt.kind === 'text' && prompt.text === 'wait') {
      await new Promise<void>((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          cancelled++;
          reject(new CancelledError());
        });
      });
    }
    if (prompt.kind === 'text' && prompt.text === 'bug') throw new TypeError('x is not a function');
    throw new AppError('prompt-empty', 'The prompt is empty.', { hint: 'Type something.', details: { tokens: 0 } });
  },
  /** Answers what cannot be sent. */
  'run.release': () => Promise.resolve((() => 'a function') as unknown as null),
  'prompt.tokenize': ({ prompt }) =>
    Promise.resolve({ ids: prompt.kind === 'ids' ? prompt.ids : new Int32Array(0), tokens: [], more: false }),
};
