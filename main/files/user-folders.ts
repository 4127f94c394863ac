import { homedir } from 'node:os';
import { join } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable's value; set but empty counts as not set, as the XDG specification has it. */
function read(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  return value === '' ? undefined : value;
}

/** Where Headscope keeps what it remembers for the user. */
export function configFolder(
  environment: Environment = process.env,
  platform = process.platform,
  home = homedir(),
): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'headscope');
  if (platform === 'win32') return join(read(environment, 'APPDATA') ?? join(home, 'AppData', 'Roaming'), 'headscope');
  return join(read(environment, 'XDG_CONFIG_HOME') ?? join(home, '.config'), 'headscope');
}

/** Where Hugging Face tools keep downloaded models, by the same variables and order as theirs. */
export function huggingFaceCache(environment: Environment = process.env, home = homedir()): string {
  const hub = read(environment, 'HF_HUB_CACHE') ?? read(environment, 'HUGGINGFACE_HUB_CACHE');
  if (hub !== undefined) return hub;
  const cache = read(environment, 'XDG_CACHE_HOME') ?? join(home, '.cache');
  return join(read(environment, 'HF_HOME') ?? join(cache, 'huggingface'), 'hub');
}
