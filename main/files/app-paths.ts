import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where the parts of an installed or built Headscope lie. */
export interface AppPaths {
  readonly root: string;
  readonly version: string;
  /** The built engine process. */
  readonly engineEntry: string;
  /** The built page. */
  readonly renderer: string;
  readonly preload: string;
  readonly shippedModel: string;
  /** Prose and words that tasks are made of. */
  readonly tasks: string;
  /** The attention addon, where it was built. */
  readonly addon: string;
  readonly examples: string;
  /** Stored sessions of the examples. */
  readonly sessions: string;
  /** Fonts of figures. */
  readonly fonts: string;
}

/**
 * Finds the app's folder by walking up from a built file. In a packaged app the code lies in `app.asar`; what native
 * code opens by itself, such as weights, lies unpacked beside it.
 */
export function findApp(from: string = import.meta.dirname): AppPaths {
  for (let folder = from; ; folder = dirname(folder)) {
    const version = headscopeVersion(join(folder, 'package.json'));
    if (version !== undefined) {
      const resources = join(folder.replace(/app\.asar$/, 'app.asar.unpacked'), 'resources');
      const model = join(resources, 'model');
      return {
        root: folder,
        version,
        engineEntry: join(folder, 'out', 'main', 'engine.js'),
        renderer: join(folder, 'out', 'renderer'),
        preload: join(folder, 'out', 'preload', 'index.cjs'),
        shippedModel: model,
        tasks: join(resources, 'tasks'),
        addon: join(resources, '..', 'out', 'addon', 'attention.node'),
        examples: join(model, 'examples.json'),
        sessions: join(resources, 'sessions'),
        fonts: join(resources, 'fonts'),
      };
    }
    if (dirname(folder) === folder) throw new Error(`No Headscope was found in ${from} or above.`);
  }
}

function headscopeVersion(packageFile: string): string | undefined {
  if (!existsSync(packageFile)) return undefined;
  const { name, version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { name?: string; version?: string };
  return name === 'headscope' ? version : undefined;
}
