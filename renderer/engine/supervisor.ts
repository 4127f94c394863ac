/**
 * Keeps the page connected: opens the way to the host, hands each connection to the session, and tries again with
 * growing pauses when the host goes away. Where the person has to decide (wrong token, another window) it stops and says so.
 */
import { createClient } from '../../shared/rpc/client.ts';
import type { Activity } from '../base/activity.ts';
import type { CloseCause, Connector } from '../platform/connector.ts';
import { patch, type AppStore } from '../state/store.ts';
import type { Session } from './session.ts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;

export interface Supervisor {
  /** Takes the engine from the window that holds it. */
  takeOver(): void;
  /** Does not wait for the pause to pass. */
  retryNow(): void;
}

export function superviseConnection(
  connector: Connector,
  session: Session,
  store: AppStore,
  activity: Activity,
): Supervisor {
  let attempt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function connect(takeOver: boolean): void {
    clearTimeout(timer);
    const settled = activity.begin();
    const { transport, ended } = connector.connect({ takeOver });
    const client = createClient(transport);
    session.attach(client);
    const stopWatching = client.onEvent('hello', () => {
      attempt = 0;
      stopWatching();
      settled();
    });
    void ended.then((cause) => {
      settled();
      onEnded(cause, takeOver);
    });
  }

  function onEnded(cause: CloseCause, takeOver: boolean): void {
    if (cause !== 'gone') {
      patch(store, 'host', { connection: { status: cause } });
      return;
    }
    attempt += 1;
    patch(store, 'host', { connection: { status: 'lost', reason: 'The Headscope host does not answer.', attempt } });
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
    // A window that took over keeps its claim, or the host's return would hand the engine to whoever is faster.
    timer = setTimeout(() => connect(takeOver), pause);
  }

  connect(false);
  return { takeOver: () => connect(true), retryNow: () => connect(false) };
}
