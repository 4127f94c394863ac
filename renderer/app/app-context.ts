import { createContext, useContext } from 'react';
import { assertExists } from '../../shared/base/assert.ts';
import type { Activity } from '../base/activity.ts';
import type { DataCache } from '../engine/data-cache.ts';
import type { Session } from '../engine/session.ts';
import type { Supervisor } from '../engine/supervisor.ts';
import type { SessionTransfer } from '../platform/session-transfer.ts';
import type { AppStore } from '../state/store.ts';

/** What the views share; everything else reaches them as props. */
export interface AppServices {
  readonly store: AppStore;
  readonly session: Session;
  readonly supervisor: Supervisor;
  readonly cache: DataCache;
  readonly activity: Activity;
  readonly transfer: SessionTransfer;
}

export const AppContext = createContext<AppServices | undefined>(undefined);

export function useApp(): AppServices {
  return assertExists(useContext(AppContext), 'AppContext above this view');
}
