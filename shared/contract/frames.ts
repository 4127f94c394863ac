import type { WireError } from '../base/app-error.ts';
import type { EventName, Events, MethodName, Progress } from './methods.ts';

/** Ids are given by the caller, unique per connection. Every request is answered once, by `result` or `error`. */
export type Frame =
  | { readonly type: 'request'; readonly id: number; readonly method: MethodName; readonly params: unknown }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: WireError }
  | { readonly type: 'progress'; readonly id: number; readonly progress: Progress }
  | { [E in EventName]: { readonly type: 'event'; readonly event: E; readonly data: Events[E] } }[EventName];

/**
 * A two-way pipe of frames. Payloads may hold typed arrays at any depth; each transport carries them as bytes.
 * Delivery is in order. After `onClose` nothing arrives and `send` does nothing.
 */
export interface Transport {
  send(frame: Frame): void;
  onFrame(listener: (frame: Frame) => void): () => void;
  onClose(listener: (reason: string) => void): () => void;
  close(): void;
}
