import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRecentModels } from './recent-models.ts';

const model = (name: string) => ({ path: `/models/${name}`, name, detail: 'Llama' });

describe('recent models', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'headscope-'));
    file = join(folder, 'new', 'recent.json');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('starts empty, keeps the latest first and each once, also when added at the same time', async () => {
    const recent = createRecentModels(file);
    expect(await recent.list()).toEqual([]);
    await Promise.all([recent.add(model('a')), recent.add(model('b')), recent.add(model('a'))]);
    expect((await createRecentModels(file).list()).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('forgets the oldest', async () => {
    const recent = createRecentModels(file);
    for (let i = 0; i < 15; i++) await recent.add(model(String(i)));
    expect((await recent.list()).map(({ name }) => name)).toEqual('14 13 12 11 10 9 8 7 6 5 4 3'.split(' '));
  });

  it.each(['', '{"models":', '{"models":[{"path":1}]}', 'null'])(
    'takes the damaged file %j for an empty one',
    async (text) => {
      file = join(folder, 'recent.json');
      await writeFile(file, text);
      const recent = createRecentModels(file);
      expect(await recent.list()).toEqual([]);
      await recent.add(model('a'));
      expect(await recent.list()).toEqual([model('a')]);
    },
  );
});
