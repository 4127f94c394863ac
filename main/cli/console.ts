import { toWireError } from '../../shared/base/app-error.ts';
import type { Progress } from '../../shared/contract/methods.ts';

/** Where the command line writes; tests hand in their own. */
export interface Console {
  readonly json: boolean;
  /** The result, on standard output: for people as text, with `--json` as one JSON document. */
  result(value: unknown, text: () => string): void;
  /** A line on standard error. */
  note(line: string): void;
  /** Progress on standard error: rewritten in place on a terminal, else a line every few seconds. */
  progress(progress: Progress): void;
  /** Clears the progress line. */
  endProgress(): void;
  /** What went wrong; sets the exit code. */
  error(error: unknown): void;
}

interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export interface ConsoleStreams {
  readonly out: Stream;
  readonly err: Stream;
  setExitCode(code: number): void;
}

export const processStreams: ConsoleStreams = {
  out: process.stdout,
  err: process.stderr,
  setExitCode: (code) => (process.exitCode = code),
};

/** Where lines stay, quick jobs leave none and long ones few. */
const LINE_INTERVAL_MS = 2000;

export function createConsole(
  json: boolean,
  streams: ConsoleStreams = processStreams,
  now: () => number = () => performance.now(),
): Console {
  const { out, err } = streams;
  let lastLine = now();
  let lineOpen = false;

  const endProgress = (): void => {
    if (lineOpen) err.write('\r\u001b[K');
    lineOpen = false;
  };

  return {
    json,
    result(value, text) {
      endProgress();
      out.write(`${json ? JSON.stringify(value, jsonValue, 2) : text()}\n`);
    },
    note(line) {
      endProgress();
      err.write(`${line}\n`);
    },
    progress(progress) {
      if (err.isTTY) {
        err.write(`\r\u001b[K${formatProgress(progress)}`);
        lineOpen = true;
      } else if (now() - lastLine >= LINE_INTERVAL_MS) {
        lastLine = now();
        err.write(`${formatProgress(progress)}\n`);
      }
    },
    endProgress,
    error(error) {
      endProgress();
      streams.setExitCode(1);
      const wire = toWireError(error);
      if (json) {
        const { code, message, hint } = wire;
        out.write(
          `${JSON.stringify({ error: { code, message, ...(hint === undefined ? {} : { hint }) } }, null, 2)}\n`,
        );
        return;
      }
      err.write(`Error: ${wire.message}\n${wire.hint === undefined ? '' : `${wire.hint}\n`}`);
      // A bug is worth its place; an expected failure needs none.
      if (wire.code === 'internal' && error instanceof Error) err.write(`${error.stack ?? ''}\n`);
    },
  };
}

/** The end of a text that is being generated, as far as a line has room. */
const TAIL_LENGTH = 48;

function formatProgress({ phase, done, total, etaMs, partial }: Progress): string {
  const percent = total > 0 ? ` ${Math.floor((100 * done) / total)}%` : '';
  const eta = etaMs === null ? '' : `, ${Math.ceil(etaMs / 1000)} s left`;
  const tail = partial === undefined ? '' : `: …${partial.text.slice(-TAIL_LENGTH).replaceAll(/\s+/g, ' ')}`;
  return `${phase}${percent}${eta}${tail}`;
}

/** Typed arrays as lists, which is what scripts expect of JSON. */
function jsonValue(_key: string, value: unknown): unknown {
  return ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value;
}
