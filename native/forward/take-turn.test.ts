import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../shared/base/app-error.ts';
import { takeTurn } from './take-turn.ts';

const never = () => new Promise<void>(() => undefined);

describe('takeTurn', () => {
  it('lets messages through, and waits for what is more urgent', async () => {
    const { signal } = new AbortController();
    const seen: string[] = [];
    setImmediate(() => seen.push('message'));
    const turn = () => {
      seen.push('turn');
      return new Promise<void>((resolve) => setImmediate(() => resolve(void seen.push('urgent'))));
    };
    await takeTurn({ signal, turn });
    expect(seen).toEqual(['message', 'turn', 'urgent']);
    await takeTurn({ signal });
  });

  it('throws once it is cancelled, without waiting for what is more urgent', async () => {
    const cancel = new AbortController();
    const waiting = takeTurn({ signal: cancel.signal, turn: never });
    setImmediate(() => setImmediate(() => cancel.abort()));
    await expect(waiting).rejects.toThrow(CancelledError);
    await expect(takeTurn({ signal: cancel.signal })).rejects.toThrow(CancelledError);
  });
});
