/** Sessions that nobody saved in a window: written by the command line, and shipped as examples. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { Client } from '../../shared/rpc/client.ts';
import { connect } from '../support/rpc.ts';
import { BIN, startHost, type RunningHost } from '../support/web-host.ts';

let host: RunningHost;
test.beforeAll(async () => {
  host = await startHost();
});
test.afterAll(() => host.stop());

const page = async (): Promise<Client> => (await connect(host.port, { token: host.token, takeOver: true })).client;
const inRoot = (name: string) => join(host.root, name);

function headscope(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as unknown;
}

const RUN = ['run', '--model', 'demo', '--ablate', 'L1H3=scale:0.5', '--heads', 'L1H3,L2H0', '--json'];
const TEXT = 'The cat sat on the mat. The cat sat on the';

test('a session of the command line opens in the host, without the model, and is drawn from', async () => {
  const written = headscope(...RUN, '--text', TEXT, '--session', inRoot('text')) as {
    kl: number;
    session: { path: string };
  };
  expect(written.session.path).toBe(inRoot('text.headscope'));
  const client = await page();
  const opened = await client.call('session.open', { path: 'text.headscope' });
  expect(opened.warnings).toEqual([]);
  expect(opened.state['edit']!.data).toMatchObject({
    head: { layer: 1, head: 3 },
    scenarios: [{ interventions: [{ what: 'scale', where: { layer: 1, head: 3 }, parameters: { factor: 0.5 } }] }],
  });
  const [clean, changed] = opened.runs.map(({ summary }) => summary.runId);
  const { kl } = await client.call('run.compare', { clean: clean!, changed: changed! });
  expect(kl).toBe(written.kl);
  for (const runId of [clean!, changed!]) {
    const head = { runId, layer: 2, head: 0 };
    const profile = await client.call('run.head', head);
    expect(profile.entropy).toHaveLength(opened.runs[0]!.summary.ids.length);
    const tile = { level: 0, tileRow: 0, tileColumn: 0, value: 'probability', reducer: 'max' } as const;
    expect((await client.call('run.tile', { ...head, ...tile })).max).toBeGreaterThan(0);
    await expect(client.call('run.head', { runId, layer: 3, head: 3 })).rejects.toMatchObject({ code: 'not-stored' });
  }
  client.close();

  const out = inRoot('map.png');
  const view = ['--view', 'map', '--run', 'changed', '--width-mm', '60'];
  headscope('export', '--session', inRoot('text.headscope'), ...view, '--out', out, '--json');
  expect(readFileSync(out).subarray(1, 4).toString()).toBe('PNG');
});

test('with tensors every head can be looked into', async () => {
  writeFileSync(inRoot('ids.json'), '[0, 40, 41, 42, 40, 41]');
  headscope(...RUN, '--ids', inRoot('ids.json'), '--include-tensors', '--session', inRoot('ids'));
  const client = await page();
  const { runs } = await client.call('session.open', { path: 'ids.headscope' });
  for (const { summary } of runs) {
    expect([...summary.ids]).toEqual([0, 40, 41, 42, 40, 41]);
    const { runId } = summary;
    const cell = await client.call('run.cell', { runId, layer: 3, head: 3, query: 5, key: 2 });
    expect(cell.visible).toBe(6);
  }
  client.close();
});

test('every example opens from its stored session and belongs to no file', async () => {
  const client = await page();
  const before = await client.call('session.recent', {});
  const { examples } = await client.call('shell.examples', {});
  expect(examples.map(({ hasSession }) => hasSession)).toEqual(examples.map(() => true));
  for (const { id, text } of examples) {
    const opened = await client.call('session.openExample', { id });
    expect(opened).toMatchObject({ file: null, warnings: [], state: { prompt: { data: { text } } } });
    const { runId, stored } = opened.runs[0]!.summary;
    expect(stored!.heads).toHaveLength(8);
    const { scores } = await client.call('run.scores', { runId });
    expect(scores.some(({ values }) => values !== null)).toBe(true);
  }
  await expect(client.call('session.openExample', { id: 'none' })).rejects.toMatchObject({ code: 'bad-request' });
  expect(await client.call('session.recent', {})).toEqual(before);
  const save = client.call('session.save', { state: {}, runs: [], path: null, tensors: false });
  await expect(save).rejects.toMatchObject({ code: 'bad-request' });
  client.close();
});
