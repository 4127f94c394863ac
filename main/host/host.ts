import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Transport } from '../../shared/contract/frames.ts';
import type { Handlers } from '../../shared/contract/handlers.ts';
import { PROTOCOL_VERSION, type MethodName, type ModelEntry } from '../../shared/contract/methods.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import { serve, type Served } from '../../shared/rpc/server.ts';
import type { SpawnEngine } from '../engine/engine-process.ts';
import { createEngineSupervisor } from '../engine/engine-supervisor.ts';
import type { AppPaths } from '../files/app-paths.ts';
import { configFolder, huggingFaceCache } from '../files/user-folders.ts';
import { createPathGuard, type PathGuard } from '../models/path-guard.ts';
import { createRecentModels, type RecentModels } from '../models/recent-models.ts';
import { createShellHandlers } from './shell-handlers.ts';

/** What both graphical shells share: the supervised engine and the contract served to whoever connects. */
export interface Host {
  /** Serves a page until its transport closes. */
  connect(transport: Transport): Served;
  restartEngine(): void;
  dispose(): void;
}

export interface HostOptions {
  readonly shell: 'desktop' | 'browser';
  readonly app: AppPaths;
  readonly spawn: SpawnEngine;
  /** Folder that a page may browse and open models from. Default: home. */
  readonly root?: string;
  readonly pickFolder?: () => Promise<string | null>;
  /** Default: the user's own places. */
  readonly configFolder?: string;
  readonly huggingFaceCache?: string;
}

export async function createHost(options: HostOptions): Promise<Host> {
  const cache = options.huggingFaceCache ?? huggingFaceCache();
  const guard = createPathGuard(options.root ?? homedir(), [cache], homedir());
  const recent = createRecentModels(join(options.configFolder ?? configFolder(), 'recent-models.json'));
  if (options.shell === 'desktop') {
    // The user's own window: what was picked in the dialog before may be opened again.
    for (const { path } of await recent.list()) guard.grant(path);
  }
  const supervisor = createEngineSupervisor({ spawn: options.spawn });
  const shell = createShellHandlers({
    app: options.app,
    guard,
    recent,
    huggingFaceCache: cache,
    restartEngine: () => supervisor.restart(),
    ...(options.pickFolder ? { pickFolder: options.pickFolder } : {}),
  });
  const handlers: Handlers<MethodName> = {
    ...supervisor.handlers,
    ...shell,
    'model.open': guardedOpen(supervisor.handlers['model.open'], guard, recent),
  };

  return {
    connect(transport) {
      const served = serve(transport, handlers);
      const stopEvents = supervisor.onEvent(({ event, data }) => served.emit(event, data));
      transport.onClose(stopEvents);
      const { version } = options.app;
      served.emit('hello', { protocol: PROTOCOL_VERSION, version, shell: options.shell, platform: process.platform });
      return served;
    },
    restartEngine: () => supervisor.restart(),
    dispose: () => supervisor.dispose(),
  };
}

type OpenModel = Handlers<'model.open'>['model.open'];

/** Opens only what the guard allows, and remembers what opened. */
function guardedOpen(open: OpenModel, guard: PathGuard, recent: RecentModels): OpenModel {
  return async ({ path }, context) => {
    if (path === ('demo' satisfies ModelEntry['path'])) return open({ path }, context);
    const checked = await guard.check(path);
    const info = await open({ path: checked }, context);
    // Not being able to remember must not keep the model from opening.
    await recent.add({ path: checked, name: info.name, detail: describeModel(info) }).catch((error: unknown) => {
      console.error('The list of recent models could not be written:', error);
    });
    return info;
  };
}

function describeModel({ architecture, layers, heads }: ModelInfo): string {
  return `${architecture}, ${layers} layers × ${heads} heads`;
}
