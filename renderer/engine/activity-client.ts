import type { Client } from '../../shared/rpc/client.ts';
import type { Activity } from '../base/activity.ts';

/** The same client, with every call counted as activity. */
export function withActivity(client: Client, activity: Activity): Client {
  return { ...client, call: (method, params, options) => activity.track(client.call(method, params, options)) };
}
