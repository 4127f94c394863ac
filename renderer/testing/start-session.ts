import type { LayoutData } from '../../shared/session/slices/layout.ts';
import { Activity } from '../base/activity.ts';
import { DataCache } from '../engine/data-cache.ts';
import { Session } from '../engine/session.ts';
import { superviseConnection } from '../engine/supervisor.ts';
import { createAppStore } from '../state/store.ts';
import type { FakeEngineOptions } from './fake-engine.ts';
import { fakeTransfer } from './fake-transfer.ts';
import { createFakeHost } from './fake-host.ts';

/** Everything below the views, against the fake host. */
export function startSession(options: FakeEngineOptions = {}) {
  const store = createAppStore();
  const cache = new DataCache();
  const activity = new Activity(() => false);
  const layout = {
    sizes: { groups: { columns: { prompt: 20, map: 55, heads: 25 } } } as LayoutData,
    layout: () => layout.sizes,
    setLayout: (sizes: LayoutData) => void (layout.sizes = sizes),
  };
  const session = new Session({ store, cache, activity, layout });
  const host = createFakeHost(options);
  const supervisor = superviseConnection(host.connector, session, store, activity);
  const rest = () => activity.idle(() => new Promise((resolve) => setTimeout(resolve, 0)));
  return { store, cache, activity, layout, transfer: fakeTransfer, session, host, supervisor, rest };
}
