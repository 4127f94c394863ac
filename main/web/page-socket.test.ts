import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { decodeFrame } from '../../shared/rpc/codec.ts';
import { keepAlive } from './heartbeat.ts';
import { createPageTransport } from './page-socket.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A socket whose other end reads nothing until told. */
function fakeSocket() {
  const events = new EventEmitter();
  const state = { bufferedAmount: 0, paused: false, sent: [] as string[], terminated: false, pings: 0 };
  const socket = Object.assign(state, {
    binaryType: '',
    send(data: Uint8Array) {
      state.bufferedAmount += data.byteLength;
      state.sent.push(decodeFrame(data).type);
    },
    close: () => events.emit('close', { code: 1000, reason: '' }),
    pause: () => (state.paused = true),
    resume: () => (state.paused = false),
    terminate: () => (state.terminated = true),
    ping: () => state.pings++,
    addEventListener: (type: string, listener: () => void) => events.on(type, listener),
    on: (type: string, listener: () => void) => events.on(type, listener),
  });
  return { socket: socket as unknown as WebSocket, state, events };
}

const result = { type: 'result', id: 1, result: new Float32Array(1000) } as const;
const progress = { type: 'progress', id: 1, progress: { phase: 'p', done: 1, total: 2, etaMs: null } } as const;

it('stops reading and drops progress while the page is slow, and goes on when it caught up', () => {
  const { socket, state } = fakeSocket();
  const transport = createPageTransport(socket, 5000);
  transport.send(progress);
  transport.send(result);
  expect(state.paused).toBe(false);
  transport.send(result);
  expect(state.paused).toBe(true);
  transport.send(progress);
  transport.send(result);
  expect(state.sent).toEqual(['progress', 'result', 'result', 'result']);
  state.bufferedAmount = 100;
  vi.advanceTimersByTime(50);
  expect(state.paused).toBe(false);
  transport.send(progress);
  expect(state.sent.at(-1)).toBe('progress');
});

it('leaves no timer behind when the page goes while it is slow', () => {
  const { socket } = fakeSocket();
  const transport = createPageTransport(socket, 1);
  transport.send(result);
  expect(vi.getTimerCount()).toBe(1);
  transport.close();
  expect(vi.getTimerCount()).toBe(0);
});

it('ends a socket that answers no pings', () => {
  const { socket, state, events } = fakeSocket();
  keepAlive(socket, 1000);
  vi.advanceTimersByTime(1000);
  events.emit('pong');
  vi.advanceTimersByTime(1000);
  expect([state.pings, state.terminated]).toEqual([2, false]);
  vi.advanceTimersByTime(1000);
  expect(state.terminated).toBe(true);
  events.emit('close', { code: 1006, reason: '' });
  expect(vi.getTimerCount()).toBe(0);
});
