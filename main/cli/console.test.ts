import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import { createConsole } from './console.ts';

function capture(json: boolean, isTTY = false) {
  const state = { out: '', err: '', code: 0 };
  const clock = { time: 0 };
  const streams = {
    out: { write: (text: string) => (state.out += text) },
    err: { write: (text: string) => (state.err += text), isTTY },
    setExitCode: (code: number) => (state.code = code),
  };
  return { console: createConsole(json, streams, () => clock.time), state, clock };
}

describe('console', () => {
  it('writes results as text or as JSON with plain lists', () => {
    const value = { ids: Int32Array.of(1, 2), nll: Float32Array.of(NaN) };
    const people = capture(false);
    people.console.result(value, () => 'two ids');
    expect(people.state.out).toBe('two ids\n');
    const scripts = capture(true);
    scripts.console.result(value, () => 'two ids');
    expect(JSON.parse(scripts.state.out)).toEqual({ ids: [1, 2], nll: [null] });
  });

  it('writes errors where they are looked for, and sets the exit code', () => {
    const error = new AppError('no-model', 'No model.', { hint: 'Open one.' });
    const people = capture(false);
    people.console.error(error);
    expect(people.state).toEqual({ out: '', err: 'Error: No model.\nOpen one.\n', code: 1 });
    const scripts = capture(true);
    scripts.console.error(error);
    expect(scripts.state).toMatchObject({ err: '', code: 1 });
    expect(JSON.parse(scripts.state.out)).toEqual({
      error: { code: 'no-model', message: 'No model.', hint: 'Open one.' },
    });
  });

  it('shows where a bug happened', () => {
    const { console, state } = capture(false);
    console.error(new TypeError('x is undefined'));
    expect(state.err).toMatch(/Unexpected failure: x is undefined[^]*console\.test\.ts/);
  });

  it('rewrites progress on a terminal and writes few lines elsewhere', () => {
    const terminal = capture(false, true);
    terminal.console.progress({ phase: 'Layer 1', done: 1, total: 3, etaMs: 1500 });
    terminal.console.note('Done.');
    expect(terminal.state.err).toBe('\r\u001b[KLayer 1 33%, 2 s left\r\u001b[KDone.\n');
    const file = capture(false);
    for (file.clock.time = 0; file.clock.time < 5000; file.clock.time += 500) {
      file.console.progress({ phase: `Layer ${file.clock.time / 500}`, done: 1, total: 2, etaMs: null });
    }
    expect(file.state.err).toBe('Layer 4 50%\nLayer 8 50%\n');
  });
});
