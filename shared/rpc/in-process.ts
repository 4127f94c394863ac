import type { Frame, Transport } from '../contract/frames.ts';
import { createTransportCore, type TransportCore } from './transport-core.ts';

/**
 * Two ends of a pipe within one process, for tests and the command line. Frames are structured clones, delivered later
 * and in order, so that code which works here also works across processes: nothing is shared, what cannot be cloned
 * fails at `send`.
 */
export function createInProcessPair(): readonly [Transport, Transport] {
  const ends: TransportCore[] = [];
  const end = (other: () => TransportCore): TransportCore =>
    createTransportCore({
      send(frame: Frame) {
        const clone = structuredClone(frame);
        queueMicrotask(() => other().deliver(clone));
      },
      close() {
        queueMicrotask(() => other().closed('The other end closed.'));
      },
    });
  ends.push(
    end(() => ends[1]!),
    end(() => ends[0]!),
  );
  return [ends[0]!.transport, ends[1]!.transport];
}
