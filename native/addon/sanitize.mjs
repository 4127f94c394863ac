/**
 * Builds the kernel with its standalone check (src/check.cc) under the address and undefined-behaviour sanitizers, then
 * under the thread sanitizer, and runs both. Ends with 1 when one of them reports anything.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findCompiler, KERNEL_UNITS, run, source } from './compiler.mjs';

const compiler = findCompiler();
if (compiler === undefined) throw new Error('No C++ compiler (g++ or clang++) was found.');
const folder = mkdtempSync(join(tmpdir(), 'headscope-sanitize-'));
try {
  for (const sanitizers of ['address,undefined', 'thread']) {
    const flags = ['-std=c++17', '-O1', '-g', `-fsanitize=${sanitizers}`, '-fno-sanitize-recover=all'];
    const units = Object.entries({ ...KERNEL_UNITS, 'check.cc': [] });
    const objects = units.map(([unit]) => join(folder, unit.replace('.cc', '.o')));
    await Promise.all(
      units.map(([unit, own], i) => run(compiler, [...flags, ...own, '-c', join(source, unit), '-o', objects[i]])),
    );
    const binary = join(folder, 'check');
    await run(compiler, [...flags, ...objects, '-pthread', '-o', binary]);
    process.stdout.write(`-fsanitize=${sanitizers}\n`);
    const { status } = spawnSync(binary, { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
