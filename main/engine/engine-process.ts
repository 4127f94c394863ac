import type { Transport } from '../../shared/contract/frames.ts';

/** A running engine process as the supervisor sees it: a pipe of frames, and its end. */
export interface EngineProcess {
  readonly transport: Transport;
  /** Told once, with a clause such as `exit code 70` or `killed by SIGKILL`. */
  onExit(listener: (reason: string) => void): void;
  /** At once, without asking: the hard cancel. */
  kill(): void;
}

export type SpawnEngine = () => EngineProcess;

/** What the engine is started with; becomes its environment. */
export interface EngineEnvironment {
  /** The built entry, `out/main/engine.js`. */
  readonly entry: string;
  readonly shippedModel: string;
  readonly tasks: string;
  readonly addon: string;
}

/** The environment of the engine process. */
export function engineVariables({ shippedModel, tasks, addon }: EngineEnvironment): Record<string, string> {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    ...Object.fromEntries(inherited),
    HEADSCOPE_SHIPPED_MODEL: shippedModel,
    HEADSCOPE_TASKS: tasks,
    HEADSCOPE_ADDON: addon,
  };
}

/** `exit code 70`, `killed by SIGKILL`. */
export function exitReason(code: number | null, signal: string | null): string {
  return signal === null ? `exit code ${code ?? 'unknown'}` : `killed by ${signal}`;
}
