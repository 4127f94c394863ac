/** Session files through the built host and a real engine: the same numbers come back, with and without the model. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { Client } from '../../shared/rpc/client.ts';
import { connect } from '../support/rpc.ts';
import { startHost, type RunningHost } from '../support/web-host.ts';

let host: RunningHost;
test.beforeAll(async () => {
  host = await startHost();
});
test.afterAll(() => host.stop());

const page = async (): Promise<Client> => (await connect(host.port, { token: host.token, takeOver: true })).client;
const state = (text: string) => ({ notes: { version: 1, data: { text } } });
const head = { layer: 1, head: 2 };
const tile = { level: 0, tileRow: 0, tileColumn: 0, value: 'logit', reducer: 'max' } as const;
const prompt = { kind: 'text', text: 'The cat sat on the mat. The cat sat on the', bos: true } as const;

async function runPrompt(client: Client) {
  await client.call('model.open', { path: 'demo' });
  return client.call('run.start', { prompt, interventions: [] });
}

/** What a window shows of a run. */
async function numbers(client: Client, runId: string) {
  const { scores } = await client.call('run.scores', { runId });
  return {
    scores,
    profile: await client.call('run.head', { runId, ...head }),
    tile: await client.call('run.tile', { runId, ...head, ...tile }),
    miniatures: await client.call('run.miniatures', { runId }),
  };
}

const chooseRun = (runId: string) => ({
  role: 'clean' as const,
  choice: {
    runId,
    heads: [head],
    tokenRows: [{ ...head, index: 3 }],
    maps: [{ ...head, value: 'probability' as const, reducer: 'max' as const }],
    clean: null,
  },
});

function restart(client: Client): Promise<void> {
  const back = new Promise<void>((resolve) => {
    client.onEvent('engine.ready', ({ afterExit }) => {
      if (afterExit) resolve();
    });
  });
  return client.call('shell.restartEngine', {}).then(() => back);
}

test('gives back every number without the model, also after the engine was started again', async () => {
  const client = await page();
  const run = await runPrompt(client);
  const live = await numbers(client, run.runId);
  const content = { state: state('mine'), runs: [chooseRun(run.runId)] };
  const saved = await client.call('session.save', { ...content, path: 'with', tensors: true });
  expect(saved).toMatchObject({ name: 'with.headscope', warnings: [] });
  await client.call('session.close', {});
  await restart(client);
  await expect(client.call('run.estimate', { tokens: 10 })).rejects.toMatchObject({ code: 'no-model' });

  const opened = await client.call('session.open', { path: 'with.headscope' });
  expect(opened).toMatchObject({ state: state('mine'), warnings: [], model: { layers: 6 } });
  const { summary } = opened.runs[0]!;
  expect([summary.ids, summary.nll, summary.next]).toEqual([run.ids, run.nll, run.next]);
  expect(await numbers(client, summary.runId)).toEqual(live);
  await restart(client);
  const { runs } = await client.call('session.attach', { sessionId: opened.sessionId });
  expect(runs[0]!.summary.runId).toBe(summary.runId);
  expect(await numbers(client, summary.runId)).toEqual(live);

  const { sessionId } = opened;
  const again = { state: state('again'), runs: [chooseRun(summary.runId)], sessionId, path: null, tensors: true };
  const { warnings, bytes } = await client.call('session.save', again);
  expect(warnings).toEqual([]);
  expect(Math.abs(bytes - saved.bytes)).toBeLessThan(100);
  const third = await client.call('session.open', { path: saved.path });
  expect(await numbers(client, third.runs[0]!.summary.runId)).toEqual(live);
  client.close();
});

test('lets no page name files for the engine, or leave the root', async () => {
  const client = await page();
  const run = await runPrompt(client);
  const outside = join(host.base, 'outside');
  const write = client.call('run.writeTensors', { runId: run.runId, path: outside });
  await expect(write).rejects.toMatchObject({ code: 'not-allowed' });
  const save = client.call('session.save', { state: {}, runs: [], path: outside, tensors: false });
  await expect(save).rejects.toMatchObject({ code: 'not-allowed' });
  await expect(client.call('session.open', { path: '/etc/passwd' })).rejects.toMatchObject({ code: 'not-allowed' });
  const pick = client.call('session.pickFile', { what: 'open' });
  await expect(pick).rejects.toMatchObject({ code: 'not-allowed' });
  client.close();
});

test('sends and takes in session files', async ({ request }) => {
  const client = await page();
  const { path } = await client.call('session.save', { state: state('sent'), runs: [], path: 'sent', tensors: false });
  client.close();
  const url = (query: string) => `http://127.0.0.1:${host.port}/session?${query}`;
  const headers = { authorization: `Bearer ${host.token}` };
  const fetched = await request.get(url('path=sent.headscope'), { headers });
  expect(fetched.status()).toBe(200);
  const data = await fetched.body();
  expect(data.equals(readFileSync(path))).toBe(true);
  expect((await request.get(url('path=sent.headscope'))).status()).toBe(401);
  expect((await request.post(url('path=copy'), { headers, data })).status()).toBe(200);
  expect((await request.post(url('path=copy'), { headers, data })).status()).toBe(409);
  expect((await request.post(url('path=copy&replace=1'), { headers, data })).status()).toBe(200);
  expect(readFileSync(join(host.root, 'copy.headscope')).equals(data)).toBe(true);
});

test('refuses a damaged file, names its backup, and opens that', async () => {
  const client = await page();
  const save = (text: string) =>
    client.call('session.save', { state: state(text), runs: [], path: 'twice', replace: true, tensors: false });
  await save('one');
  const { path } = await save('two');
  writeFileSync(path, readFileSync(path).subarray(0, 300));
  await expect(client.call('session.open', { path })).rejects.toMatchObject({
    code: 'session-invalid',
    details: { backup: `${path}.bak` },
  });
  expect(await client.call('session.open', { path: `${path}.bak` })).toMatchObject({ state: state('one'), file: null });
  client.close();
});

test('brings back unsaved work after the host was killed', async () => {
  const client = await page();
  const run = await runPrompt(client);
  const live = await numbers(client, run.runId);
  await client.call('session.autosave', { state: state('not saved'), runs: [chooseRun(run.runId)] });
  const gone = once(host.process, 'exit');
  host.process.kill('SIGKILL');
  await gone;
  host = await startHost(host.base);

  const next = await page();
  const { sessions } = await next.call('session.recoverable', {});
  expect(sessions).toHaveLength(1);
  const recovered = await next.call('session.recover', { id: sessions[0]!.id });
  expect(recovered).toMatchObject({ file: null, state: state('not saved'), warnings: [] });
  const { runId } = recovered.runs[0]!.summary;
  // Single logits are not in a file without tensors.
  const { scores: liveScores, profile, miniatures } = live;
  const { scores } = await next.call('run.scores', { runId });
  expect({
    scores,
    profile: await next.call('run.head', { runId, ...head }),
    miniatures: await next.call('run.miniatures', { runId }),
  }).toEqual({ scores: liveScores, profile, miniatures });
  await expect(next.call('run.cell', { runId, ...head, query: 3, key: 1 })).rejects.toMatchObject({
    code: 'not-stored',
  });
  const { sessionId, state: found } = recovered;
  const content = { state: found, runs: [chooseRun(runId)], sessionId };
  await next.call('session.save', { ...content, path: 'saved', tensors: false });
  expect(await next.call('session.recoverable', {})).toEqual({ sessions: [] });
  next.close();
});
