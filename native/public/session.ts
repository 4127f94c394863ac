/** The public face of session files: for a host, which has no engine in its own process. */
export { decodeStoredRun, encodeStoredRun, type EncodedRun } from '../session/stored-run-codec.ts';
export { decodeStoredTrace, encodeStoredTrace } from '../session/stored-trace-codec.ts';
