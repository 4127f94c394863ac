import { fork, type ChildProcess } from 'node:child_process';
import { createPortTransport } from '../../shared/rpc/port-transport.ts';
import { engineVariables, exitReason, type EngineEnvironment, type EngineProcess } from './engine-process.ts';

/** Starts the engine as a child process of plain Node. What it prints goes to standard error. */
export function forkEngine(environment: EngineEnvironment): EngineProcess {
  const child = fork(environment.entry, [], {
    serialization: 'advanced',
    env: engineVariables(environment),
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  return wrapChild(child);
}

/** A forked process with an IPC channel, as an engine process. */
export function wrapChild(child: ChildProcess): EngineProcess {
  // Without a listener, an error (the program could not be started, a write hit a closed channel) would be thrown.
  let failure: Error | undefined;
  child.on('error', (error) => (failure = error));
  const onGone = (listener: (reason: string) => void): void => {
    child.once('exit', (code, signal) => listener(exitReason(code, signal)));
    child.once('error', (error) => {
      if (child.pid === undefined) listener(`it could not be started: ${error.message}`);
    });
  };
  const transport = createPortTransport({
    post(frame) {
      if (!child.connected || failure) return;
      child.send(frame);
    },
    onMessage: (listener) => void child.on('message', listener),
    onClose: onGone,
    close: () => void child.kill('SIGKILL'),
  });
  return { transport, onExit: onGone, kill: () => void child.kill('SIGKILL') };
}
