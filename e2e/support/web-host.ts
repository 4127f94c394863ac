import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const BIN = fileURLToPath(new URL('../../main/cli/bin.mjs', import.meta.url));

export interface RunningHost {
  readonly url: string;
  readonly token: string;
  readonly port: number;
  /** The folder that pages may open models from. */
  readonly root: string;
  /** Holds the root and what the host remembers. */
  readonly base: string;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** Starts the built web host as a user does, with places of its own for what it remembers, or those of one before. */
export async function startHost(base = mkdtempSync(join(tmpdir(), 'headscope-e2e-'))): Promise<RunningHost> {
  const root = join(base, 'root');
  mkdirSync(root, { recursive: true });
  const child = spawn(process.execPath, [BIN, 'serve', '--port', '0', '--root', root], {
    env: { ...process.env, XDG_CONFIG_HOME: join(base, 'config'), HF_HOME: join(base, 'hf'), HF_HUB_CACHE: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await firstLine(child);
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }
    rmSync(base, { recursive: true, force: true });
  };
  const { port, hash } = new URL(url);
  return { url, port: Number(port), token: hash.replace('#token=', ''), root, base, process: child, stop };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n')) resolve(text.split('\n', 1)[0]!);
    });
    child.once('exit', (code) => reject(new Error(`The web host ended with exit code ${code ?? 'unknown'}.`)));
  });
}
