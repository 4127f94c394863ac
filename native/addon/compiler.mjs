/** The C++ compiler of this machine, the units of the kernel with what each may use of the processor, and how to run it. */
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const source = fileURLToPath(new URL('./src/', import.meta.url));
export const target = fileURLToPath(new URL('../../out/addon/', import.meta.url));

const X86 = process.arch === 'x64';
/** What is rounded as JavaScript does it. */
const EXACT = ['-ffp-contract=off'];
/** In this order: what several units instantiate from the standard library is taken from the first, which any processor runs. */
export const KERNEL_UNITS = {
  'portable.cc': [],
  'rows-portable.cc': EXACT,
  'run.cc': X86 ? ['-DHEADSCOPE_X86'] : [],
  ...(X86
    ? {
        'avx512.cc': ['-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mfma'],
        'rows-avx512.cc': [...EXACT, '-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl'],
        'avx2.cc': ['-mavx2', '-mfma'],
        'rows-avx2.cc': [...EXACT, '-mavx2'],
      }
    : {}),
};

/** The command of a compiler that answers, or undefined. */
export function findCompiler() {
  const candidates = [process.env['CXX'], 'g++', 'clang++', 'c++'].filter(Boolean);
  return candidates.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
}

/** Runs a command to its end; rejects with the beginning of what it wrote as errors. */
export function run(command, args) {
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
