import { join } from 'node:path';
import { AppError } from '../../shared/base/app-error.ts';
import type { Handlers } from '../../shared/contract/handlers.ts';
import type { MethodName, ModelEntry } from '../../shared/contract/methods.ts';
import type { AppPaths } from '../files/app-paths.ts';
import { browseFolders, exists } from '../models/browse-folders.ts';
import { listHuggingFaceModels } from '../models/hugging-face-models.ts';
import type { PathGuard } from '../models/path-guard.ts';
import { readExamples } from '../models/read-examples.ts';
import type { RecentModels } from '../models/recent-models.ts';

export interface ShellOptions {
  readonly app: Pick<AppPaths, 'shippedModel' | 'examples' | 'sessions'>;
  readonly guard: PathGuard;
  readonly recent: RecentModels;
  readonly huggingFaceCache: string;
  readonly restartEngine: () => void;
  /** The system's folder dialog; absent in a shell that has none. */
  readonly pickFolder?: () => Promise<string | null>;
}

/** What the interface asks of its shell about models, folders and the engine process. */
export function createShellHandlers(options: ShellOptions): Handlers<Extract<MethodName, `shell.${string}`>> {
  const { guard } = options;
  return {
    'shell.models': async () => ({ models: await listModels(options) }),
    'shell.examples': async () => ({ examples: await readExamples(options.app) }),
    'shell.browse': ({ path }) => browseFolders(guard, path),
    'shell.pickFolder': async () => {
      if (!options.pickFolder) {
        throw new AppError(
          'not-allowed',
          'A browser page cannot open the folder dialog of the machine with the models.',
          {
            hint: 'Browse the folders of the host, or type a path.',
          },
        );
      }
      const path = await options.pickFolder();
      if (path !== null) guard.grant(path);
      return { path };
    },
    'shell.restartEngine': () => {
      options.restartEngine();
      return Promise.resolve(null);
    },
  };
}

/** The shipped model, then recent ones, then the Hugging Face cache; each folder once, and only what could be opened. */
async function listModels({ app, guard, recent, huggingFaceCache }: ShellOptions): Promise<ModelEntry[]> {
  const shipped: ModelEntry[] = (await exists(join(app.shippedModel, 'config.json')))
    ? [{ path: 'demo', name: 'Demo model', detail: 'Comes with Headscope', source: 'shipped' }]
    : [];
  const recents = await Promise.all(
    (await recent.list()).map((model) => stillThere(guard, { ...model, source: 'recent' })),
  );
  const cached = await listHuggingFaceModels(huggingFaceCache);
  const seen = new Set<string>();
  return [...shipped, ...recents.flat(), ...cached].filter(({ path }) => !seen.has(path) && seen.add(path));
}

async function stillThere(guard: PathGuard, model: ModelEntry): Promise<ModelEntry[]> {
  try {
    await guard.check(model.path);
  } catch {
    return [];
  }
  return (await exists(join(model.path, 'config.json'))) ? [model] : [];
}
