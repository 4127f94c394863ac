import type { Transport } from '../../shared/contract/frames.ts';

/**
 * Watches the frames of an engine connection: calls `onStuck` when a cancelled request is not answered within `ms`.
 * The caller of the request has long been told; what matters here is whether the engine is free again.
 */
export function watchCancels(transport: Transport, ms: number, onStuck: () => void): Transport {
  const timers = new Map<number, NodeJS.Timeout>();
  transport.onFrame((frame) => {
    if (frame.type !== 'result' && frame.type !== 'error') return;
    clearTimeout(timers.get(frame.id));
    timers.delete(frame.id);
  });
  transport.onClose(() => {
    for (const timer of timers.values()) clearTimeout(timer);
    timers.clear();
  });
  return {
    ...transport,
    send(frame) {
      if (frame.type === 'cancel') {
        timers.set(
          frame.id,
          setTimeout(() => onStuck(), ms),
        );
      }
      transport.send(frame);
    },
  };
}
