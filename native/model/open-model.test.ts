import { mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine } from '../engine/create-engine.ts';
import type { CallContext } from '../../shared/contract/handlers.ts';
import { openModel } from './open-model.ts';
import { writeTinyModel, type TinyModelOptions } from '../testing/tiny-model.ts';

const context: CallContext = { signal: new AbortController().signal, progress: () => undefined };
const options: TinyModelOptions = { family: 'qwen2', layers: 2, heads: 4, kvHeads: 2, dtype: 'BF16', seed: 9 };
let root: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'headscope-open-'));
});
afterAll(() => rm(root, { recursive: true }));

async function nllOf(folder: string): Promise<{ nll: Float32Array; modelId: string; name: string }> {
  const engine = createEngine({ shippedModel: folder, tasks: '', addon: '', threads: 1 });
  const { modelId, name } = await engine.handlers['model.open']({ path: folder }, context);
  const ids = Int32Array.from({ length: 20 }, (_, i) => (i * 7) % 61);
  const { nll } = await engine.handlers['run.start'](
    { prompt: { kind: 'ids', ids }, interventions: [], cut: false },
    context,
  );
  await engine.dispose();
  return { nll, modelId, name };
}

/** Moves a model's files into a Hugging Face cache: blobs named by hash, a snapshot of links to them. */
async function moveIntoCache(source: string, cache: string, blobFolder: (index: number) => string): Promise<string> {
  const snapshot = path.join(cache, 'models--someone--tiny', 'snapshots', 'abc123');
  await mkdir(snapshot, { recursive: true });
  for (const [index, name] of (await readdir(source)).entries()) {
    const blobs = path.join(cache, 'models--someone--tiny', blobFolder(index));
    await mkdir(blobs, { recursive: true });
    await rename(path.join(source, name), path.join(blobs, `blob${index}`));
    await symlink(path.relative(snapshot, path.join(blobs, `blob${index}`)), path.join(snapshot, name));
  }
  return snapshot;
}

describe('openModel', () => {
  it('opens one file, shards, and linked cache snapshots with the same numbers', async () => {
    const single = path.join(root, 'single');
    await writeTinyModel(single, options);
    const expected = await nllOf(single);

    const sharded = path.join(root, 'sharded');
    await writeTinyModel(sharded, { ...options, shards: 3 });
    expect((await nllOf(sharded)).nll).toEqual(expected.nll);

    const cached = await moveIntoCache(sharded, path.join(root, 'cache'), () => 'blobs');
    const fromCache = await nllOf(cached);
    expect(fromCache.nll).toEqual(expected.nll);
    expect(fromCache.name).toBe('someone/tiny');
  });

  it('opens shards whose files lie in different folders', async () => {
    const sharded = path.join(root, 'scattered');
    await writeTinyModel(sharded, { ...options, shards: 2 });
    const expected = await nllOf(sharded);
    const cached = await moveIntoCache(
      sharded,
      path.join(root, 'scattered-cache'),
      (index) => `blobs${index % 2}/deep`,
    );
    expect((await nllOf(cached)).nll).toEqual(expected.nll);
  });

  it('knows a model by its contents, not by its path', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => path.join(root, name));
    await writeTinyModel(a!, options);
    await writeTinyModel(b!, options);
    await writeTinyModel(c!, { ...options, seed: 10 });
    const ids = await Promise.all([a!, b!, c!].map(async (folder) => (await nllOf(folder)).modelId));
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  it('warns of weights that it has no use for, such as biases that config.json does not mention', async () => {
    const folder = path.join(root, 'biased');
    const llama: TinyModelOptions = { ...options, family: 'llama', attentionBias: true };
    await writeTinyModel(folder, llama);
    expect((await openModel({ folder, source: 'folder' })).info.warnings).toEqual([]);
    await writeTinyModel(folder, { ...llama, config: { attention_bias: false } });
    const { warnings } = (await openModel({ folder, source: 'folder' })).info;
    expect(warnings).toEqual([expect.stringMatching(/ignored: “model\.layers\.0\.\S+\.bias”.* and 5 more\.$/)]);
  });
});
