import type { ElectronModules } from './modules.ts';
import { createPortTransport } from '../../shared/rpc/port-transport.ts';
import { engineVariables, exitReason, type EngineEnvironment, type EngineProcess } from '../engine/engine-process.ts';

/** Starts the engine as an Electron utility process, which has Node and its own memory but no page. */
export function forkUtilityEngine(
  { utilityProcess }: Pick<ElectronModules, 'utilityProcess'>,
  environment: EngineEnvironment,
  killPid: (pid: number, signal: 'SIGKILL') => void = (pid, signal) => void process.kill(pid, signal),
): EngineProcess {
  const child = utilityProcess.fork(environment.entry, [], {
    env: engineVariables(environment),
    serviceName: 'Headscope engine',
    stdio: 'inherit',
  });
  const onExit = (listener: (reason: string) => void): void => {
    child.once('exit', (code) => listener(exitReason(code, null)));
  };
  const kill = (): void => {
    // kill() asks with SIGTERM; a process within native code needs more. Before it has started there is no pid.
    if (child.pid === undefined) child.kill();
    else killPid(child.pid, 'SIGKILL');
  };
  const transport = createPortTransport({
    // No transfer list: Electron loses messages whose buffers are transferred.
    post: (frame) => child.postMessage(frame),
    onMessage: (listener) => void child.on('message', listener),
    onClose: onExit,
    close: kill,
  });
  return { transport, onExit, kill };
}
