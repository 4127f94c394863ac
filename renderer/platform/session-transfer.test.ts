// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { createDesktopTransfer, createHttpTransfer } from './session-transfer.ts';

const json = (status: number, value: unknown) => new Response(JSON.stringify(value), { status });

describe('to a web host', () => {
  it('sends a file with the token, under another name where one is there', async () => {
    const asked: [string, string | undefined, string | null][] = [];
    const transfer = createHttpTransfer('secret', async (input, init) => {
      const { search, searchParams } = new URL(input, 'http://host');
      asked.push([search, init.method, new Headers(init.headers).get('Authorization')]);
      const path = searchParams.get('path')!;
      return Promise.resolve(
        path === 'a b.headscope'
          ? json(409, { error: { code: 'not-allowed', message: 'It exists.' } })
          : json(200, { path: `/root/${path}` }),
      );
    });
    expect(await transfer.send(new File(['x'], 'a b.headscope'))).toBe('/root/a b 2.headscope');
    expect(asked).toEqual([
      ['?path=a%20b.headscope', 'POST', 'Bearer secret'],
      ['?path=a%20b%202.headscope', 'POST', 'Bearer secret'],
    ]);
  });

  it('tells why the host refuses', async () => {
    const refusal = { code: 'too-large', message: 'The file is too large.', hint: 'Leave the tensors out.' };
    const transfer = createHttpTransfer('t', () => Promise.resolve(json(413, { error: refusal })));
    await expect(transfer.send(new File(['x'], 'a.headscope'))).rejects.toMatchObject(refusal);
    await expect(transfer.fetch!('/a')).rejects.toMatchObject(refusal);
    const broken = createHttpTransfer('t', () => Promise.resolve(new Response('<html>', { status: 502 })));
    await expect(broken.fetch!('/a')).rejects.toMatchObject({ code: 'io', message: 'The host answered with 502.' });
  });
});

it('names dropped files by their place on the desktop', async () => {
  const transfer = createDesktopTransfer({ pathOfFile: (file) => ((file as File).name === 'made' ? '' : '/home/a') });
  expect(transfer.fetch).toBeUndefined();
  expect(await transfer.send(new File([''], 'a'))).toBe('/home/a');
  await expect(transfer.send(new File([''], 'made'))).rejects.toMatchObject({ code: 'io' });
});
