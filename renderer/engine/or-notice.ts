import { toWireError } from '../../shared/base/app-error.ts';
import { patch, type AppStore } from '../state/store.ts';

/** For actions without a place of their own: a failure is told under the top bar. */
export async function orNotice<T>(store: AppStore, action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    const { code, message, hint } = toWireError(error);
    const text = hint === undefined ? message : `${message} ${hint}`;
    if (code !== 'cancelled') patch(store, 'ui', { notice: { tone: 'bad', text } });
    return undefined;
  }
}
