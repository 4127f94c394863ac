import type { Handlers } from '../../shared/contract/handlers.ts';
import type { EngineMethodName } from '../../shared/contract/methods.ts';

export interface EngineOptions {
  /** Folder of the shipped model, opened by the path `demo`. */
  readonly shippedModel: string;
  /** Threads of ONNX Runtime; default: number of cores. */
  readonly threads?: number;
}

/**
 * The inference engine: one open model, its runs, and every method of the contract that needs them. Runs in a process
 * of its own behind a shell, or in the process of the command line.
 */
export interface Engine {
  readonly handlers: Handlers<EngineMethodName>;
  dispose(): Promise<void>;
}
