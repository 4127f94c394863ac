import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { AppError } from '../../../shared/base/app-error.ts';
import type { Console } from '../console.ts';
import { openBrowser } from '../open-browser.ts';
import { startWebShell, untilAskedToEnd } from '../web-shell.ts';

export interface ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly root?: string;
  readonly token?: string;
  readonly open?: boolean;
}

/** 128 bits in base64url. */
const SHORTEST_TOKEN = 22;
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/** `headscope serve`: the web host, until it is asked to end. The first line of output is the address. */
export async function runServe(console: Console, options: ServeOptions): Promise<void> {
  const root = resolve(options.root ?? homedir());
  if (!existsSync(root) || !statSync(root).isDirectory()) {
    throw new AppError('bad-request', `${root} is no folder.`, { hint: 'Give an existing folder with --root.' });
  }
  if (options.token !== undefined && (options.token.length < SHORTEST_TOKEN || !/^[\w-]+$/.test(options.token))) {
    throw new AppError('bad-request', `A token needs at least ${SHORTEST_TOKEN} letters, digits, - or _.`, {
      hint: 'Leave --token out to get a random one.',
    });
  }
  // Heard from the start: whoever reads the address may end the host at once.
  const askedToEnd = untilAskedToEnd();
  const web = await startWebShell({ ...options, root });
  console.result({ url: web.url, port: web.port, root }, () => web.url);
  if (!LOOPBACK.includes(options.host)) {
    console.note(
      'Other machines can reach this address, unencrypted. Prefer an SSH tunnel: ssh -L PORT:localhost:PORT HOST',
    );
  }
  console.note(`Models are read from ${root}. Ctrl-C ends the host.`);
  if (options.open) openBrowser(web.url);
  await askedToEnd;
  await web.close();
}
