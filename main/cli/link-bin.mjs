// Makes `npx headscope` work in a clone: npm links the commands of dependencies, but not those of the package itself.
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));

mkdirSync(folder, { recursive: true });
if (process.platform === 'win32') {
  writeFileSync(`${folder}\\headscope.cmd`, '@node "%~dp0\\..\\..\\main\\cli\\bin.mjs" %*\r\n');
} else {
  rmSync(`${folder}/headscope`, { force: true });
  symlinkSync('../../main/cli/bin.mjs', `${folder}/headscope`);
}
