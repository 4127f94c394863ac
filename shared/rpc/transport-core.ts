import type { Frame, Transport } from '../contract/frames.ts';

/** The listener bookkeeping that every transport needs, so that each keeps only its own way of moving bytes. */
export interface TransportCore {
  readonly transport: Transport;
  /** A frame came in. Frames that come before anyone listens are kept for the first listener. */
  deliver(frame: Frame): void;
  /** The other end is gone, or the pipe was closed from here. Told to listeners once; a late listener is told at once. */
  closed(reason: string): void;
}

export function createTransportCore(pipe: { send(frame: Frame): void; close(): void }): TransportCore {
  const frameListeners = new Set<(frame: Frame) => void>();
  const closeListeners = new Set<(reason: string) => void>();
  let early: Frame[] = [];
  let closedBecause: string | undefined;

  const transport: Transport = {
    send(frame) {
      if (closedBecause === undefined) pipe.send(frame);
    },
    onFrame(listener) {
      frameListeners.add(listener);
      const waiting = early;
      early = [];
      for (const frame of waiting) listener(frame);
      return () => frameListeners.delete(listener);
    },
    onClose(listener) {
      if (closedBecause === undefined) closeListeners.add(listener);
      else listener(closedBecause);
      return () => closeListeners.delete(listener);
    },
    close() {
      if (closedBecause !== undefined) return;
      pipe.close();
      core.closed('Closed from this end.');
    },
  };

  const core: TransportCore = {
    transport,
    deliver(frame) {
      if (closedBecause !== undefined) return;
      if (frameListeners.size === 0) early.push(frame);
      for (const listener of [...frameListeners]) listener(frame);
    },
    closed(reason) {
      if (closedBecause !== undefined) return;
      closedBecause = reason;
      early = [];
      const listeners = [...closeListeners];
      frameListeners.clear();
      closeListeners.clear();
      for (const listener of listeners) listener(reason);
    },
  };
  return core;
}
