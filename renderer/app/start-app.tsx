import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { assertExists } from '../../shared/base/assert.ts';
import { Activity } from '../base/activity.ts';
import { runCommand } from '../commands/registry.ts';
import { DataCache } from '../engine/data-cache.ts';
import { Session } from '../engine/session.ts';
import { superviseConnection } from '../engine/supervisor.ts';
import { followLinks } from '../head/follow-links.ts';
import type { Platform } from '../platform/detect-platform.ts';
import { loadStored, persistStore } from '../state/persist.ts';
import { createAppStore } from '../state/store.ts';
import { App } from './App.tsx';
import { AppContext, type AppServices } from './app-context.ts';
import { panels } from './panels.ts';
import { applyTheme } from './theme.ts';

declare global {
  interface Window {
    /** For tests and scripts: wait for rest, do what a person could do. */
    __headscope?: {
      idle(): Promise<void>;
      /** Answers whether the command was possible. */
      run(command: string, argument?: string): boolean;
    };
  }
}

/** Puts the parts together and shows the page. */
export function startApp(root: Element | null, { connector, transfer }: Platform): AppServices {
  const store = createAppStore(loadStored(localStorage));
  persistStore(store, localStorage);
  applyTheme(store);
  const cache = new DataCache();
  const activity = new Activity();
  const session = new Session({
    store,
    cache,
    activity,
    layout: panels,
    onShellCommand: (command, argument) => runCommand(services, command, argument),
  });
  const supervisor = superviseConnection(connector, session, store, activity);
  followLinks({ store, session, page: window });
  const services: AppServices = { store, session, supervisor, cache, activity, transfer };

  window.__headscope = {
    idle: () => activity.idle(),
    run: (command, argument) => runCommand(services, command, argument),
  };
  createRoot(assertExists(root, 'root element')).render(
    <StrictMode>
      <AppContext value={services}>
        <App />
      </AppContext>
    </StrictMode>,
  );
  return services;
}
