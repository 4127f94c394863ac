import type { CallContext } from '../../shared/contract/handlers.ts';
import type { Device } from '../../shared/model/device.ts';
import type { Engine } from '../../native/public/index.ts';
import { findApp } from '../files/app-paths.ts';
import type { Console } from './console.ts';

/** What a command that computes works with. */
export interface EngineSession {
  readonly engine: Engine;
  readonly context: CallContext;
}

/**
 * Runs a command with an engine in this process. Ctrl-C cancels what runs; a second one ends the process.
 * The engine's code is loaded only here, so that commands which need none also work where ONNX Runtime is broken.
 */
export async function withEngine<T>(
  console: Console,
  options: { readonly threads?: number | undefined; readonly device?: Device | undefined },
  body: (session: EngineSession) => Promise<T>,
): Promise<T> {
  const { captureBudget, createEngine } = await import('../../native/public/index.ts');
  const { shippedModel, tasks, addon } = findApp();
  const engine = createEngine({
    shippedModel,
    tasks,
    addon,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(options.device === undefined ? {} : { device: options.device }),
    ...captureBudget(process.env['HEADSCOPE_CAPTURE_GIB']),
  });
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  try {
    return await body({ engine, context: { signal: controller.signal, progress: (p) => console.progress(p) } });
  } finally {
    console.endProgress();
    await engine.dispose();
  }
}
