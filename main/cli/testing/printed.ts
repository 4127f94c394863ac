import { createConsole, type Console } from '../console.ts';
import { createProgram } from '../program.ts';

/** What a command prints on standard output. */
export async function printed(json: boolean, command: (console: Console) => Promise<unknown>): Promise<string> {
  let out = '';
  await command(
    createConsole(json, {
      out: { write: (text: string) => (out += text) },
      err: { write: () => undefined },
      setExitCode: () => undefined,
    }),
  );
  return out;
}

/** The same of a command line. */
export function printedLine(json: boolean, ...words: readonly string[]): Promise<string> {
  return printed(json, (console) => createProgram(console).parseAsync(['node', 'headscope', ...words]));
}
