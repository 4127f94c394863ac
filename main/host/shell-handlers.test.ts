import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createPathGuard } from '../models/path-guard.ts';
import { createRecentModels } from '../models/recent-models.ts';
import { createShellHandlers, type ShellOptions } from './shell-handlers.ts';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'headscope-')));
afterAll(() => rmSync(base, { recursive: true }));
const at = (path: string) => join(base, path);
function write(path: string, text: string): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
}

write('app/model/config.json', '{}');
write('root/gpt/config.json', '{}');
write('root/other/readme.txt', '');
write('root/file.txt', '');
write('root/.hidden/config.json', '{}');
write('outside/config.json', '{}');
symlinkSync(at('outside'), at('root/escape'));
symlinkSync(at('root/gpt'), at('root/link'));
const snapshots = 'hub/models--org--tiny--v2/snapshots';
write(`${snapshots}/0123456789abcdef/config.json`, '{"architectures":["Qwen2ForCausalLM"]}');
write(`${snapshots}/fedcba9876543210/README.md`, '');
write('hub/models--broken/snapshots/1111/config.json', '{');
write('hub/datasets--org--data/snapshots/2222/config.json', '{}');

const context = { signal: new AbortController().signal, progress: () => undefined };

function handlers(extra: Partial<ShellOptions> = {}) {
  const recent = createRecentModels(at('config/recent.json'));
  const restartEngine = vi.fn();
  const guard = createPathGuard(at('root'), [at('hub')], at('root'));
  const app = { shippedModel: at('app/model'), examples: at('app/model/examples.json'), sessions: at('app/sessions') };
  const options = { app, guard, recent, huggingFaceCache: at('hub'), restartEngine, ...extra };
  return { ...createShellHandlers(options), recent, restartEngine, guard };
}

describe('shell.models', () => {
  it('lists shipped, recent and cached models, each once, and only what can be opened', async () => {
    const shell = handlers();
    await shell.recent.add({ path: at('root/gone'), name: 'gone', detail: '' });
    await shell.recent.add({ path: at('outside'), name: 'outside', detail: '' });
    await shell.recent.add({ path: at('root/gpt'), name: 'gpt', detail: 'GPT-2' });
    expect((await shell['shell.models']({}, context)).models).toEqual([
      { path: 'demo', name: 'Demo model', detail: 'Comes with Headscope', source: 'shipped' },
      { path: at('root/gpt'), name: 'gpt', detail: 'GPT-2', source: 'recent' },
      {
        path: at('hub/models--broken/snapshots/1111'),
        name: 'broken',
        detail: 'unreadable config.json, revision 1111',
        source: 'hugging-face',
      },
      {
        path: at(`${snapshots}/0123456789abcdef`),
        name: 'org/tiny/v2',
        detail: 'Qwen2ForCausalLM, revision 01234567',
        source: 'hugging-face',
      },
    ]);
  });

  it('gives an empty list where there is nothing', async () => {
    const shell = handlers({
      app: { shippedModel: at('none'), examples: at('none'), sessions: at('none') },
      huggingFaceCache: at('none'),
      recent: createRecentModels(at('none.json')),
    });
    expect((await shell['shell.models']({}, context)).models).toEqual([]);
  });
});

describe('shell.browse', () => {
  it('lists visible folders, says which are models, and leads nowhere outside', async () => {
    const { path, parent, folders } = await handlers()['shell.browse']({}, context);
    expect([path, parent]).toEqual([at('root'), null]);
    expect(folders).toEqual([
      { name: 'gpt', path: at('root/gpt'), isModel: true },
      { name: 'link', path: at('root/link'), isModel: true },
      { name: 'other', path: at('root/other'), isModel: false },
    ]);
  });

  it('goes down and up again, never above the root', async () => {
    const shell = handlers();
    const inner = await shell['shell.browse']({ path: at('root/gpt') }, context);
    expect([inner.parent, inner.folders]).toEqual([at('root'), []]);
    for (const path of [base, '/', at('root/escape'), at('root/../outside')]) {
      await expect(shell['shell.browse']({ path }, context)).rejects.toMatchObject({ code: 'not-allowed' });
    }
    await expect(shell['shell.browse']({ path: at('root/file.txt') }, context)).rejects.toMatchObject({ code: 'io' });
  });
});

describe('shell.examples', () => {
  const example = { id: 'a', title: 'A', look: 'Look.', text: 'Text' };
  const read = async (text: string) => {
    write('examples.json', text);
    const shell = handlers({ app: { shippedModel: '', examples: at('examples.json'), sessions: at('sessions') } });
    return (await shell['shell.examples']({}, context)).examples;
  };

  it.each([
    ['a list', JSON.stringify([example]), [{ ...example, hasSession: false }]],
    ['an object', JSON.stringify({ examples: [example] }), [{ ...example, hasSession: false }]],
    ['something else', '{"examples": 1}', []],
    ['an id that is no name of a file', JSON.stringify([{ ...example, id: '../a' }]), []],
    ['no JSON', '{', []],
  ])('reads %s', async (_what, text, expected) => {
    expect(await read(text)).toEqual(expected);
  });

  it('says which are there as sessions', async () => {
    write('sessions/b.headscope', '');
    const examples = await read(JSON.stringify([example, { ...example, id: 'b' }]));
    expect(examples.map(({ id, hasSession }) => [id, hasSession])).toEqual([
      ['a', false],
      ['b', true],
    ]);
  });
});

describe('shell.pickFolder', () => {
  it('is refused in a shell without the dialog', async () => {
    await expect(handlers()['shell.pickFolder']({}, context)).rejects.toMatchObject({ code: 'not-allowed' });
  });

  it('allows what was picked, and passes on that nothing was', async () => {
    const shell = handlers({ pickFolder: () => Promise.resolve(at('outside')) });
    expect(await shell['shell.pickFolder']({}, context)).toEqual({ path: at('outside') });
    expect(await shell.guard.check(at('outside'))).toBe(at('outside'));
    const dismissed = handlers({ pickFolder: () => Promise.resolve(null) });
    expect(await dismissed['shell.pickFolder']({}, context)).toEqual({ path: null });
  });
});

it('shell.restartEngine restarts', async () => {
  const shell = handlers();
  expect(await shell['shell.restartEngine']({}, context)).toBeNull();
  expect(shell.restartEngine).toHaveBeenCalledOnce();
});
