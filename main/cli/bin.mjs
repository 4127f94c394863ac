#!/usr/bin/env node
// Plain JavaScript without dependencies: it must say what is wrong on machines where nothing else runs.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const REQUIRED = [20, 19];

const [major, minor] = process.versions.node.split('.').map(Number);
const isOldNode = major < REQUIRED[0] || (major === REQUIRED[0] && minor < REQUIRED[1]);
const built = new URL('../../out/main/cli.js', import.meta.url);

if (isOldNode) {
  fail(`Headscope needs Node ${REQUIRED.join('.')} or later; this is ${process.versions.node}.`);
} else if (!existsSync(fileURLToPath(built))) {
  fail('Headscope is not built yet. Run `npm run build` in its folder.');
} else {
  const { main } = await import(built.href);
  await main(process.argv);
}

function fail(sentence) {
  console.error(sentence);
  process.exitCode = 1;
}
