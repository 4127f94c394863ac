import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CancelledError } from '../../shared/base/app-error.ts';
import type { CallContext, Handlers } from '../../shared/contract/handlers.ts';
import type { EngineMethodName } from '../../shared/contract/methods.ts';
import { parseParams } from '../../shared/contract/parse-params.ts';
import { fakeSource } from '../../shared/figure/testing/fake-source.ts';
import { findApp } from '../files/app-paths.ts';
import { createPathGuard } from '../models/path-guard.ts';
import { createFigureHandlers } from './figure-handlers.ts';
import { listenForRuns } from './known-runs.ts';
import { readPng } from './testing/read-png.ts';

const source = fakeSource({ tokens: 30, layers: 2, heads: 2, kvHeads: 2 });
const context: CallContext = { signal: new AbortController().signal, progress: () => undefined };
const map = { view: 'map', head: { layer: 0, head: 0 }, widthMm: 60 } as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** An engine that answers by the made-up source, and its runs. */
async function setUp() {
  const engine = {
    ...Object.fromEntries(
      (['run.tile', 'run.head', 'run.token', 'run.scores', 'run.compare'] as const).map((method) => [
        method,
        (params: never) => source.ask(method, params),
      ]),
    ),
    'model.open': () => Promise.resolve(source.model),
    'run.start': ({ interventions }: { interventions: readonly unknown[] }) =>
      Promise.resolve(interventions.length > 0 ? source.runs.changed : source.runs.clean),
    'run.attach': () => Promise.resolve({ ...source.runs.clean, runId: 'stored' }),
    'run.release': () => Promise.resolve(null),
  } as unknown as Handlers<EngineMethodName>;
  const runs = listenForRuns(engine);
  await runs.handlers['model.open']({ path: 'demo' }, context);
  const prompt = { kind: 'ids', ids: Int32Array.of(1) } as const;
  await runs.handlers['run.start']({ prompt, interventions: [], cut: false }, context);
  const { fonts, version } = findApp();
  const guard = createPathGuard(folder, [], folder);
  return { runs, ...createFigureHandlers({ runs, guard, fonts, appVersion: version }) };
}

const render = (recipe: object, extra: object = {}) =>
  parseParams('figure.render', { recipe, runs: { clean: 'clean' }, format: 'png', ...extra });
const save = (path: string, extra: object = {}) =>
  parseParams('figure.save', { recipe: map, runs: { clean: 'clean' }, format: 'png', path, ...extra });

describe('figure.render', () => {
  it('gives a picture of a run that the engine made, with its size', async () => {
    const host = await setUp();
    const { bytes, name, mediaType, pixels } = await host['figure.render'](render(map, { scale: 0.5 }), context);
    expect([name, mediaType]).toEqual(['map.png', 'image/png']);
    expect(readPng(bytes)).toMatchObject(pixels!);
  });

  it('knows runs of a session by the model that is stored with them, and forgets those that were let go', async () => {
    const host = await setUp();
    const run = { model: source.model } as never;
    await host.runs.handlers['run.attach']({ runId: 'stored', run, tensors: null }, context);
    expect(host.runs.runOf('stored').model).toBe(source.model);
    await host.runs.handlers['run.release']({ runId: 'stored' }, context);
    expect(() => host.runs.runOf('stored')).toThrow('not there any more');
  });

  it('refuses what is too large to be sent, and runs that are not there', async () => {
    const host = await setUp();
    const large = render({ ...map, dpi: 4000 });
    await expect(host['figure.render'](large, context)).rejects.toMatchObject({ code: 'too-large' });
    const unknown = render(map, { runs: { clean: 'gone' } });
    await expect(host['figure.render'](unknown, context)).rejects.toMatchObject({ code: 'unknown-run' });
  });
});

describe('figure.save', () => {
  it('writes the bytes that it would send, under the name of the format', async () => {
    const host = await setUp();
    const { bytes } = await host['figure.render'](render(map), context);
    const { files } = await host['figure.save'](save('figure'), context);
    expect(files).toEqual([{ path: join(folder, 'figure.png'), bytes: bytes.length }]);
    expect((await readFile(join(folder, 'figure.png'))).equals(bytes)).toBe(true);
  });

  it('writes the numbers beside a script', async () => {
    const host = await setUp();
    const { files } = await host['figure.save'](save('figure.py', { format: 'py' }), context);
    expect(files.map(({ path }) => path)).toEqual([join(folder, 'figure.py'), join(folder, 'figure.npz')]);
    expect(await readFile(join(folder, 'figure.py'), 'utf8')).toContain('"figure.npz"');
  });

  it('replaces a file only where it is told to', async () => {
    const host = await setUp();
    await writeFile(join(folder, 'figure.png'), 'mine');
    await expect(host['figure.save'](save('figure.png'), context)).rejects.toMatchObject({
      code: 'not-allowed',
      details: { exists: true },
    });
    expect(await readFile(join(folder, 'figure.png'), 'utf8')).toBe('mine');
    await host['figure.save'](save('figure.png', { replace: true }), context);
    expect((await readFile(join(folder, 'figure.png'))).length).toBeGreaterThan(1000);
    expect(await readdir(folder)).toEqual(['figure.png']);
  });

  it('writes nowhere outside the root, and leaves nothing behind when it is cancelled', async () => {
    const host = await setUp();
    await expect(host['figure.save'](save('/etc/figure.png'), context)).rejects.toMatchObject({ code: 'not-allowed' });
    const controller = new AbortController();
    controller.abort();
    const cancelled = host['figure.save'](save('figure.png'), { ...context, signal: controller.signal });
    await expect(cancelled).rejects.toThrow(CancelledError);
    expect(await readdir(folder)).toEqual([]);
  });
});
