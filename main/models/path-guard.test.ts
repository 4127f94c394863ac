import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createPathGuard, isInside } from './path-guard.ts';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'headscope-')));
for (const folder of ['root/model', 'root2', 'cache/hub/x', 'outside/secret', 'picked/model']) {
  mkdirSync(join(base, folder), { recursive: true });
}
symlinkSync(join(base, 'outside'), join(base, 'root', 'escape'));
symlinkSync(join(base, 'root'), join(base, 'linked-root'));
afterAll(() => rmSync(base, { recursive: true }));
const at = (path: string) => join(base, path);

describe('isInside', () => {
  it.each([
    ['/a', '/a', true],
    ['/a', '/a/b', true],
    ['/a', '/a/..b', true],
    ['/a', '/ab', false],
    ['/a', '/', false],
    ['/', '/a', true],
  ])('%s contains %s: %s', (folder, path, expected) => expect(isInside(folder, path)).toBe(expected));
});

describe('path guard', () => {
  const guard = () => createPathGuard(at('root'), [at('cache')], at('root'));
  const refused = { code: 'not-allowed' };

  it('allows the root, what is in it and the other folders', async () => {
    for (const path of ['root', 'root/model', 'cache/hub/x']) expect(await guard().check(at(path))).toBe(at(path));
    expect(await guard().check('model')).toBe(at('root/model'));
    expect(await guard().check('~/model')).toBe(at('root/model'));
  });

  it('refuses everything else, also by .. and by links, and without telling whether it exists', async () => {
    for (const path of ['outside', 'root2', 'root/../outside', 'root/escape', 'root/escape/secret', 'nowhere']) {
      await expect(guard().check(at(path))).rejects.toMatchObject(refused);
    }
    await expect(guard().check('../outside')).rejects.toMatchObject(refused);
    await expect(guard().check('/etc')).rejects.toMatchObject(refused);
  });

  it('says so where there is nothing inside the root', async () => {
    await expect(guard().check('nothing')).rejects.toMatchObject({ code: 'not-a-model' });
  });

  it('works with a root that is a link', async () => {
    const linked = createPathGuard(at('linked-root'), [], base);
    expect(await linked.check('model')).toBe(at('linked-root/model'));
    expect(await linked.check(at('root/model'))).toBe(at('root/model'));
  });

  it('says where a new file may be written', async () => {
    const linked = createPathGuard(at('linked-root'), [], base);
    expect(await linked.checkPlace('model/new.headscope')).toBe(at('root/model/new.headscope'));
    expect(await guard().checkPlace('model')).toBe(at('root/model'));
    for (const path of ['../new', 'escape', 'escape/new', at('outside/new'), 'model/../../outside/new']) {
      await expect(guard().checkPlace(path)).rejects.toMatchObject(refused);
    }
    await expect(guard().checkPlace('gone/new')).rejects.toMatchObject({ code: 'io' });
    const own = guard();
    own.grantFile(at('picked/a.headscope'));
    expect(await own.checkPlace(at('picked/a.headscope'))).toBe(at('picked/a.headscope'));
    await expect(own.checkPlace(at('picked/b.headscope'))).rejects.toMatchObject(refused);
  });

  it('writes nothing into folders that it may only read', async () => {
    const own = guard();
    own.grant(at('picked'));
    for (const path of ['cache/hub/new', 'picked/new', 'picked/model']) {
      await expect(own.checkPlace(at(path))).rejects.toMatchObject(refused);
    }
    await expect(own.checkPlace(at('picked/new'))).rejects.toThrow('may write');
  });

  it('does not write through a link that leads out', async () => {
    symlinkSync(at('outside/secret/target'), at('root/hanging'));
    await expect(guard().checkPlace('hanging/new')).rejects.toMatchObject({ code: 'io' });
    symlinkSync(at('outside/secret'), at('root/file-link'));
    await expect(guard().checkPlace('file-link')).rejects.toMatchObject(refused);
  });

  it('allows what was granted later', async () => {
    const own = guard();
    await expect(own.check(at('picked/model'))).rejects.toMatchObject(refused);
    own.grant(at('picked'));
    expect(await own.check(at('picked/model'))).toBe(at('picked/model'));
  });
});
