import type { WebSocket } from 'ws';

const INTERVAL_MS = 15_000;

/** Ends a socket whose other end vanished without a word (a laptop asleep, a cut cable), so that it holds nothing. */
export function keepAlive(socket: WebSocket, intervalMs = INTERVAL_MS): void {
  let answered = true;
  socket.on('pong', () => (answered = true));
  const timer = setInterval(() => {
    if (!answered) {
      socket.terminate();
      return;
    }
    answered = false;
    socket.ping();
  }, intervalMs);
  socket.on('close', () => clearInterval(timer));
}
