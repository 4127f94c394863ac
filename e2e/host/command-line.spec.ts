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

test('failures are sentences and JSON with exit code 1', () => {
  for (const args of [
    ['info', '--model', folder],
    ['run', '--model', 'demo', '--text', ''],
    ['run', '--model', 'demo'],
    ['run', '--model', 'demo', '--text', 'a', '--ablate', 'L99H0'],
    ['run', '--model', 'demo', '--text', 'a', '--rows', '1:2'],
    ['run', '--model', 'demo', '--text', 'a', '--out', join(folder, 'missing', 'capture.safetensors')],
    ['run', '--model', 'demo', '--text', 'a', '--threads', '9999'],
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
