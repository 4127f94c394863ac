import { forkEngine } from '../engine/fork-engine.ts';
import { findApp } from '../files/app-paths.ts';
import { createHost } from '../host/host.ts';
import { createToken } from '../web/token.ts';
import { startWebHost, type WebHost } from '../web/web-host.ts';

export interface WebShellOptions {
  readonly port: number;
  readonly host: string;
  readonly root?: string;
  readonly token?: string;
}

/** The web host with its engine. */
export async function startWebShell({ port, host: address, root, token }: WebShellOptions): Promise<WebHost> {
  const app = findApp();
  const host = await createHost({
    shell: 'browser',
    app,
    spawn: () =>
      forkEngine({ entry: app.engineEntry, shippedModel: app.shippedModel, tasks: app.tasks, addon: app.addon }),
    ...(root === undefined ? {} : { root }),
  });
  try {
    const web = await startWebHost({
      port,
      host: address,
      token: token ?? createToken(),
      renderer: app.renderer,
      connect: (transport) => void host.connect(transport),
      transfer: host.transfer,
    });
    return {
      ...web,
      async close() {
        host.dispose();
        await web.close();
      },
    };
  } catch (error) {
    host.dispose();
    throw error;
  }
}

/** Resolves when the process is asked to end: Ctrl-C, a closed terminal, or `kill`. */
export function untilAskedToEnd(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}
