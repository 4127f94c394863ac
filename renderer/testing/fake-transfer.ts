import type { SessionTransfer } from '../platform/session-transfer.ts';

/** Files lie in the fake host's folder, whatever is in them. */
export const fakeTransfer: SessionTransfer = {
  send: (file) => Promise.resolve(`/work/${file.name}`),
  fetch: (path) => Promise.resolve(new Blob([path])),
};
