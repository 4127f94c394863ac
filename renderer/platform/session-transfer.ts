import { AppError, fromWireError, type WireError } from '../../shared/base/app-error.ts';
import type { DesktopBridge } from '../../shared/contract/desktop-bridge.ts';

/** Ways of session files between the person's machine and the host's. */
export interface SessionTransfer {
  /** The path under which the host finds a file that was dropped or picked. Rejects with `AppError`. */
  send(file: File): Promise<string>;
  /** The file's bytes; undefined where it lies on this machine anyway. */
  readonly fetch: ((path: string) => Promise<Blob>) | undefined;
}

/** The desktop window finds files where they lie. */
export function createDesktopTransfer(bridge: Pick<DesktopBridge, 'pathOfFile'>): SessionTransfer {
  return {
    send: (file) => {
      const path = bridge.pathOfFile(file);
      if (path !== '') return Promise.resolve(path);
      return Promise.reject(new AppError('io', `${file.name} lies in no folder.`, { hint: 'Save it first.' }));
    },
    fetch: undefined,
  };
}

const MOST_NAMES = 100;

/** To the web host and back. A file that is sent never takes the place of another: it gets a number. */
export function createHttpTransfer(
  token: string,
  request: (address: string, init: RequestInit) => Promise<Response>,
): SessionTransfer {
  const headers = { Authorization: `Bearer ${token}` };
  const address = (path: string) => `/session?path=${encodeURIComponent(path)}`;
  return {
    async send(file) {
      for (let number = 1; number <= MOST_NAMES; number++) {
        const name = number === 1 ? file.name : file.name.replace(/(\.headscope)?$/, ` ${number}$1`);
        const response = await request(address(name), { method: 'POST', headers, body: file });
        if (response.ok) return ((await response.json()) as { path: string }).path;
        if (response.status !== 409) throw await failureOf(response);
      }
      throw new AppError('io', `The host has ${MOST_NAMES} files named ${file.name}.`, { hint: 'Rename this one.' });
    },
    async fetch(path) {
      const response = await request(address(path), { headers });
      if (!response.ok) throw await failureOf(response);
      return response.blob();
    },
  };
}

async function failureOf(response: Response): Promise<Error> {
  try {
    return fromWireError(((await response.json()) as { error: WireError }).error);
  } catch {
    return new AppError('io', `The host answered with ${response.status}.`);
  }
}
