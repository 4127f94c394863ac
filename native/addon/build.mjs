/**
 * Builds the attention addon with the C++ compiler of this machine into out/addon/attention.node. Without a compiler, or
 * where it fails, nothing is built and that is said once: the app then computes attention with ONNX Runtime.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const source = join(here, 'src');
const target = join(here, '..', '..', 'out', 'addon');
const addon = join(target, 'attention.node');
const report = join(target, 'build.txt');

const COMMON = ['-std=c++17', '-O3', '-fPIC', '-ffp-contract=fast', '-fvisibility=hidden', '-Wall', '-Wextra'];
const X86 = process.arch === 'x64';
// In this order: what several units instantiate from the standard library is taken from the first, which any processor runs.
const UNITS = {
  'portable.cc': [],
  'run.cc': X86 ? ['-DHEADSCOPE_X86'] : [],
  'addon.cc': [],
  ...(X86
    ? {
        'avx512.cc': ['-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mfma'],
        'avx2.cc': ['-mavx2', '-mfma'],
      }
    : {}),
};

function newest(folder) {
  return Math.max(...readdirSync(folder).map((name) => statSync(join(folder, name)).mtimeMs));
}

function findCompiler() {
  const candidates = [process.env['CXX'], 'g++', 'clang++', 'c++'].filter(Boolean);
  return candidates.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk) => (errors += chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(errors.split('\n').slice(0, 20).join('\n'))),
    );
  });
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
  statSync(addon).mtimeMs < Math.max(newest(source), statSync(fileURLToPath(import.meta.url)).mtimeMs)
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
