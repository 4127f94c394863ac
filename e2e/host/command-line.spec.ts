/** The built command line as a process. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { BIN, startHost } from '../support/web-host.ts';

function headscope(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr, json: (): unknown => JSON.parse(stdout) };
}

const folder = mkdtempSync(join(tmpdir(), 'headscope-e2e-'));
test.afterAll(() => rmSync(folder, { recursive: true }));

test('info says what the shipped model is', () => {
  const { status, stdout } = headscope('info', '--model', 'demo');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^Architecture +Qwen2/m);
  expect(headscope('info', '--model', 'demo', '--json').json()).toMatchObject({
    source: 'shipped',
    architecture: 'Qwen2ForCausalLM',
  });
});

test('run prints the likeliest tokens, and with an ablation the effect', () => {
  const plain = headscope('run', '--model', 'demo', '--text', 'The old house stood', '--json');
  expect(plain.status).toBe(0);
  expect((plain.json() as { next: unknown[] }).next).toHaveLength(10);
  const effect = headscope(
    'run',
    '--model',
    'demo',
    '--text',
    'The old house stood',
    '--ablate',
    'L0H0',
    '--json',
  ).json();
  expect(effect).toMatchObject({ interventions: ['L0H0=zero'] });
  expect((effect as { kl: number }).kl).toBeGreaterThan(0);
});

test('run writes captures', () => {
  const out = join(folder, 'capture.safetensors');
  const { status, json } = headscope(
    'run',
    '--model',
    'demo',
    '--text',
    'Once upon',
    '--hooks',
    'hook_z',
    '--out',
    out,
    '--json',
  );
  expect(status).toBe(0);
  const { tensors } = json() as { tensors: { name: string }[] };
  const header = readFileSync(out);
  const names = Object.keys(
    JSON.parse(header.subarray(8, 8 + Number(header.readBigUInt64LE(0))).toString()) as Record<string, unknown>,
  );
  for (const { name } of tensors) expect(names).toContain(name);
});

test('run goes on from the prompt, clean and ablated, and writes the rows of every step', () => {
  const out = join(folder, 'generated.safetensors');
  const args = ['run', '--model', 'demo', '--text', 'The old house stood', '--generate', '6', '--json'];
  const { generated, generatedClean, next } = headscope(...args, '--ablate', 'L1H0', '--out', out).json() as {
    generated: { text: string; ids: number[]; stopped: string };
    generatedClean: { ids: number[]; tokens: { prob: number }[] };
    next: { id: number }[];
  };
  expect(generated.ids).toHaveLength(6);
  expect(generated.ids[0]).toBe(next[0]!.id);
  expect(generatedClean.tokens.every(({ prob }) => prob > 0 && prob <= 1)).toBe(true);
  const file = readFileSync(out);
  const header = JSON.parse(file.subarray(8, 8 + Number(file.readBigUInt64LE(0))).toString()) as Record<
    string,
    { shape: number[] }
  >;
  expect(header['generated.pattern']!.shape[0]).toBe(6);
  const sampled = [...args, '--temperature', '1.5', '--seed', '7'];
  expect(headscope(...sampled).json()).toEqual(headscope(...sampled).json());
});

test('task and scores print what scripts rely on', () => {
  const task = headscope(
    ...['task', 'needle', '--model', 'demo', '--lengths', '128,160', '--depths', '0,1', '--samples', '3', '--json'],
  ).json() as { mean: number; cells: { length: number; depth: number; accuracy: number; n: number }[] };
  expect(task.cells.map(({ length, depth, n }) => [length, depth, n])).toEqual([
    [128, 0, 3],
    [128, 1, 3],
    [160, 0, 3],
    [160, 1, 3],
  ]);
  expect(task.mean).toBeCloseTo(task.cells.reduce((sum, { accuracy }) => sum + accuracy, 0) / 4, 12);
  const scores = headscope(
    ...['scores', '--model', 'demo', '--task', 'repeat', '--samples', '1', '--scores', 'induction', '--json'],
  ).json() as { model: string; task: string; scores: Record<string, { values: number[][]; badge: string }> };
  expect(scores).toMatchObject({ model: 'demo', task: 'repeat', scores: { induction: { granularity: 'head' } } });
  const { layers, heads } = headscope('info', '--model', 'demo', '--json').json() as { layers: number; heads: number };
  expect(scores.scores['induction']!.values.map((row) => row.length)).toEqual(new Array(layers).fill(heads));
  const csv = headscope(...['scores', '--model', 'demo', '--text', 'One two three', '--format', 'csv']).stdout;
  expect(csv).toMatch(/^layer,head,entropy,.*\n0,0,\d/);
});

test('failures are sentences and JSON with exit code 1', () => {
  for (const args of [
    ['info', '--model', folder],
    ['run', '--model', 'demo', '--text', ''],
    ['run', '--model', 'demo'],
    ['run', '--model', 'demo', '--text', 'a', '--ablate', 'L99H0'],
    ['run', '--model', 'demo', '--text', 'a', '--rows', '1:2'],
    ['run', '--model', 'demo', '--text', 'a', '--out', join(folder, 'missing', 'capture.safetensors')],
    ['run', '--model', 'demo', '--text', 'a', '--threads', '9999'],
    ['run', '--model', 'demo', '--text', 'a', '--temperature', '1'],
    ['run', '--model', 'demo', '--text', 'a', '--generate', '0'],
    ['task', 'nonsense', '--model', 'demo'],
    ['task', 'needle', '--model', 'demo', '--lengths', '5000'],
    ['task', 'file', '--model', 'demo', '--file', folder],
    ['scores', '--model', 'demo', '--text', 'a', '--task', 'needle'],
    ['scores', '--model', 'demo', '--text', 'a', '--scores', 'nope'],
    ['nonsense'],
  ]) {
    const people = headscope(...args);
    expect(people.status, args.join(' ')).toBe(1);
    expect(people.stderr, args.join(' ')).toMatch(/^Error: .+\n.+/m);
    expect(people.stdout).toBe('');
    const scripts = headscope(...args, '--json');
    expect(scripts.status).toBe(1);
    const { error } = scripts.json() as { error: Record<string, string> };
    expect(Object.keys(error)).toEqual(['code', 'message', 'hint']);
    expect(error['code']).not.toBe('internal');
  }
});

test('doctor finds what the tests need', () => {
  const { status, json } = headscope('doctor', '--json');
  expect(status).toBe(0);
  const { checks } = json() as { checks: { name: string; found: boolean }[] };
  expect(checks.find(({ name }) => name === 'ONNX Runtime')).toMatchObject({ found: true });
});

test('serve ends with its engine when it is asked to', async () => {
  const host = await startHost();
  const engines = () => childrenOf(host.process.pid!);
  await expect.poll(() => engines().length).toBe(1);
  const [engine] = engines();
  await host.stop();
  expect(host.process.exitCode).toBe(0);
  await expect.poll(() => existsSync(`/proc/${engine!}`)).toBe(false);
});

/** Process ids from /proc; the test above only runs where there is one. */
function childrenOf(pid: number): string[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  test.skip(!existsSync(path), 'This system lists no child processes in /proc.');
  return readFileSync(path, 'utf8').trim().split(' ').filter(Boolean);
}
