/**
 * Builds the attention addon with the C++ compiler of this machine into out/addon/attention.node. Without a compiler, or
 * where it fails, nothing is built and that is said once: the app then computes attention with ONNX Runtime.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCompiler, KERNEL_UNITS, run, source, target } from './compiler.mjs';

const addon = join(target, 'attention.node');
const report = join(target, 'build.txt');

const COMMON = ['-std=c++17', '-O3', '-fPIC', '-ffp-contract=fast', '-fvisibility=hidden', '-Wall', '-Wextra'];
const UNITS = { ...KERNEL_UNITS, 'addon.cc': [] };

function newest(folder) {
  return Math.max(...readdirSync(folder).map((name) => statSync(join(folder, name)).mtimeMs));
}

async function build() {
  if (process.platform === 'win32') return 'Not built: there is no recipe for Windows yet.';
  const compiler = findCompiler();
  if (compiler === undefined) return 'Not built: no C++ compiler (g++ or clang++) was found.';
  const { include_dir: include } = createRequire(import.meta.url)('node-api-headers');
  const objects = Object.keys(UNITS).map((unit) => join(target, unit.replace('.cc', '.o')));
  const compile = Object.entries(UNITS).map(([unit, flags], i) =>
    run(compiler, [...COMMON, ...flags, `-I${include}`, '-c', join(source, unit), '-o', objects[i]]),
  );
  await Promise.all(compile);
  const link = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : ['-pthread'];
  // Renamed into place: a running engine may have the old one mapped.
  await run(compiler, ['-shared', ...objects, ...link, '-o', `${addon}.new`]);
  renameSync(`${addon}.new`, addon);
  for (const object of objects) rmSync(object);
  return `Built with ${compiler}.`;
}

mkdirSync(target, { recursive: true });
if (
  !existsSync(addon) ||
  statSync(addon).mtimeMs < Math.max(newest(source), newest(fileURLToPath(new URL('.', import.meta.url))))
) {
  let result;
  try {
    result = await build();
  } catch (error) {
    result = `Not built: ${error instanceof Error ? error.message : String(error)}`;
  }
  writeFileSync(report, `${result}\n`);
  if (!result.startsWith('Built'))
    process.stderr.write(`Attention addon: ${result}\nAttention will run on ONNX Runtime.\n`);
}
