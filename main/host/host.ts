import { homedir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../shared/base/app-error.ts';
import type { Transport } from '../../shared/contract/frames.ts';
import type { Handlers } from '../../shared/contract/handlers.ts';
import { PROTOCOL_VERSION, type MethodName, type ModelEntry } from '../../shared/contract/methods.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import { serve, type Served } from '../../shared/rpc/server.ts';
import type { SpawnEngine } from '../engine/engine-process.ts';
import { createEngineSupervisor } from '../engine/engine-supervisor.ts';
import type { AppPaths } from '../files/app-paths.ts';
import { createAutosave } from '../files/session/autosave.ts';
import { createFigureHandlers } from '../figures/figure-handlers.ts';
import { listenForRuns } from '../figures/known-runs.ts';
import { configFolder, huggingFaceCache } from '../files/user-folders.ts';
import { createPathGuard, type PathGuard } from '../models/path-guard.ts';
import { createRecentModels, type RecentModels } from '../models/recent-models.ts';
import { createSessionDesk } from './session-desk.ts';
import { createRecentSessions, createSessionHandlers, grantFile, type PickFile } from './session-handlers.ts';
import { createSessionTransfer, type SessionTransfer } from './session-transfer.ts';
import { createShellHandlers } from './shell-handlers.ts';
import { createTokenizerHashes, type TokenizerHashes } from './tokenizer-hashes.ts';

/** What both graphical shells share: the supervised engine and the contract served to whoever connects. */
export interface Host {
  /** Serves a page until its transport closes. */
  connect(transport: Transport): Served;
  restartEngine(): void;
  /** Session files to and from a page on another machine. */
  readonly transfer: SessionTransfer;
  /** Allows a file that the user chose outside the page. */
  grantFile(path: string): Promise<void>;
  /** Gives up the open session and what is kept of it for recovery. */
  closeSession(): Promise<void>;
  dispose(): void;
}

export interface HostOptions {
  readonly shell: 'desktop' | 'browser';
  readonly app: AppPaths;
  readonly spawn: SpawnEngine;
  /** Folder that a page may browse and open models from. Default: home. */
  readonly root?: string;
  readonly pickFolder?: () => Promise<string | null>;
  readonly pickFile?: PickFile;
  /** Default: the user's own places. */
  readonly configFolder?: string;
  readonly huggingFaceCache?: string;
}

export async function createHost(options: HostOptions): Promise<Host> {
  const cache = options.huggingFaceCache ?? huggingFaceCache();
  const guard = createPathGuard(options.root ?? homedir(), [cache], homedir());
  const config = options.configFolder ?? configFolder();
  const recent = createRecentModels(join(config, 'recent-models.json'));
  const recentSessions = createRecentSessions(join(config, 'recent-sessions.json'));
  if (options.shell === 'desktop') {
    // The user's own window: what was picked in the dialog before may be opened again.
    for (const { path } of await recent.list()) guard.grant(path);
    for (const { path } of await recentSessions.list()) await grantFile(guard, path);
  }
  const supervisor = createEngineSupervisor({ spawn: options.spawn });
  const runs = listenForRuns(supervisor.handlers);
  const shell = createShellHandlers({
    app: options.app,
    guard,
    recent,
    huggingFaceCache: cache,
    restartEngine: () => supervisor.restart(),
    ...(options.pickFolder ? { pickFolder: options.pickFolder } : {}),
  });
  const autosave = createAutosave(join(config, 'autosave'));
  const tokenizers = createTokenizerHashes();
  const desk = createSessionDesk({
    engine: runs.handlers,
    autosave,
    tokenizers,
    appVersion: options.app.version,
    now: () => new Date(),
  });
  const sessions = createSessionHandlers({
    desk,
    autosave,
    guard,
    recent: recentSessions,
    app: options.app,
    ...(options.pickFile ? { pickFile: options.pickFile } : {}),
  });
  const handlers: Handlers<MethodName> = {
    ...runs.handlers,
    ...shell,
    ...sessions,
    ...createFigureHandlers({ runs, guard, fonts: options.app.fonts, appVersion: options.app.version }),
    'model.open': guardedOpen(runs.handlers['model.open'], { guard, recent, tokenizers, app: options.app }),
    'run.attach': refusePage,
    'run.writeTensors': refusePage,
  };
  void autosave.sweep().catch((error: unknown) => console.error('Old unsaved work could not be removed:', error));

  return {
    connect(transport) {
      desk.greetPage();
      const served = serve(transport, handlers);
      const stopEvents = supervisor.onEvent(({ event, data }) => served.emit(event, data));
      transport.onClose(stopEvents);
      const { version } = options.app;
      served.emit('hello', { protocol: PROTOCOL_VERSION, version, shell: options.shell, platform: process.platform });
      return served;
    },
    restartEngine: () => supervisor.restart(),
    transfer: createSessionTransfer(guard),
    grantFile: (path) => grantFile(guard, path),
    closeSession: () => desk.close({ abandon: true }),
    dispose() {
      autosave.dispose();
      supervisor.dispose();
    },
  };
}

/** These take paths to read and write, which only the host may name. */
function refusePage(): Promise<never> {
  return Promise.reject(
    new AppError('not-allowed', 'Pages cannot name files for the engine.', {
      hint: 'Use session.open and session.save.',
    }),
  );
}

type OpenModel = Handlers<'model.open'>['model.open'];

interface OpenContext {
  readonly guard: PathGuard;
  readonly recent: RecentModels;
  readonly tokenizers: TokenizerHashes;
  readonly app: Pick<AppPaths, 'shippedModel'>;
}

/** Opens only what the guard allows, and remembers what opened. */
function guardedOpen(open: OpenModel, { guard, recent, tokenizers, app }: OpenContext): OpenModel {
  return async ({ path }, context) => {
    if (path === ('demo' satisfies ModelEntry['path'])) {
      const info = await open({ path }, context);
      tokenizers.note(info.modelId, app.shippedModel);
      return info;
    }
    const checked = await guard.check(path);
    const info = await open({ path: checked }, context);
    tokenizers.note(info.modelId, checked);
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
