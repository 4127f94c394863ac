/** Whatever the bytes: refused with a sentence, or opened with a warning, and nothing is written. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../../shared/base/app-error.ts';
import { createPrng } from '../../../shared/base/prng.ts';
import { SESSION_MIME_TYPE } from '../../../shared/session/manifest.ts';
import { openSessionFile, saveSessionFile } from './session-file.ts';
import { rawZip, type RawEnd, type RawEntry } from './testing/raw-zip.ts';
import { SAMPLE_OPTIONS, sampleContent, sampleRun } from './testing/sample-session.ts';
import type { UnpackedSession } from './unpack-session.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-'));
  path = join(folder, 'a.headscope');
});
afterEach(async () => {
  expect(await readdir(folder)).toEqual(['a.headscope']);
  await rm(folder, { recursive: true });
});

async function open(bytes: Uint8Array): Promise<UnpackedSession | AppError> {
  await writeFile(path, bytes);
  try {
    return await openSessionFile(path);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

async function refusal(bytes: Uint8Array): Promise<AppError> {
  const result = await open(bytes);
  if (!(result instanceof AppError)) throw new Error(`It was opened, with the warnings ${result.warnings.join(' ')}`);
  expect(result.message).toMatch(/\.$/);
  return result;
}

const STATE = '{"notes":{"version":1,"data":{"text":"mine"}}}';
const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest('hex');
const fileOf = (name: string, data: Uint8Array | string) => ({
  path: name,
  bytes: Buffer.byteLength(data),
  sha256: sha256(data),
});

function manifest(extra: object = {}): object {
  return {
    format: 'headscope-session',
    formatVersion: 1,
    minReader: 1,
    app: { name: 'headscope', version: '9.9.9' },
    createdAt: '2026-01-01T00:00:00.000Z',
    savedAt: '2026-01-01T00:00:00.000Z',
    model: null,
    tokenizer: null,
    prompt: null,
    provider: null,
    badges: [],
    runs: [],
    files: [fileOf('state.json', STATE)],
    ...extra,
  };
}

interface Parts {
  readonly mimetype?: string;
  readonly manifest?: object | string | null;
  readonly state?: string | Partial<RawEntry> | null;
  readonly more?: readonly RawEntry[];
  readonly end?: RawEnd;
}

/** A small honest file, of which the parts named are replaced. */
function file({
  mimetype = SESSION_MIME_TYPE,
  manifest: json = manifest(),
  state = STATE,
  more = [],
  end,
}: Parts): Buffer {
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  const entries: RawEntry[] = [{ name: 'mimetype', data: mimetype }];
  if (json !== null) entries.push({ name: 'manifest.json', data: text });
  if (typeof state === 'string') entries.push({ name: 'state.json', data: state });
  else if (state) entries.push({ name: 'state.json', data: STATE, ...state });
  return rawZip([...entries, ...more], end);
}

it('opens the honest file that the others are made of', async () => {
  expect(await open(file({}))).toMatchObject({ warnings: [], state: { notes: { data: { text: 'mine' } } } });
});

describe('a zip file that lies', () => {
  const zeros = new Uint8Array(40 * 2 ** 20);
  const other = (entry: Partial<RawEntry>): Parts => ({ more: [{ name: 'x', data: 'x', ...entry }] });
  const zip64 = (...values: bigint[]): Uint8Array => {
    const field = Buffer.alloc(4 + 8 * values.length);
    field.writeUInt16LE(1, 0);
    field.writeUInt16LE(8 * values.length, 2);
    values.forEach((value, i) => field.writeBigUInt64LE(value, 4 + 8 * i));
    return field;
  };

  it.each<[string, Parts, RegExp]>([
    ['a way out', other({ name: '../../evil' }), /would lie outside/],
    ['a way out that is hidden', other({ name: 'runs/../../evil' }), /would lie outside/],
    ['an absolute path', other({ name: '/etc/passwd' }), /would lie outside/],
    ['a drive', other({ name: 'C:/evil' }), /would lie outside/],
    ['a way out for Windows', other({ name: '..\\evil' }), /would lie outside/],
    ['a link', other({ attributes: (0o120777 << 16) >>> 0 }), /is a link/],
    ['an entry twice', other({ name: 'state.json' }), /“state\.json” twice/],
    ['encryption', other({ flags: 1 }), /is encrypted|contradict/],
    ['strong encryption', other({ flags: 0x41 }), /is encrypted/],
    ['an unknown compression', other({ method: 93 }), /unknown way/],
    ['an entry past the end', other({ claimedOffset: 1e9 }), /past the end/],
    ['more bytes than there are', other({ claimedSize: 1e9, claimedCompressed: 1e9 }), /past the end/],
    ['a bomb', other({ data: zeros, method: 8 }), /more than 400 times/],
    [
      'bombs that are small each',
      { more: Array.from({ length: 200 }, (_, i) => ({ name: `x${i}`, method: 8, claimedSize: 15 * 2 ** 20 })) },
      /would grow to/,
    ],
    ['too many entries', { more: Array.from({ length: 300 }, (_, i) => ({ name: `x${i}` })) }, /303 entries/],
    ['a number of entries that is not true', { end: { claimedEntries: 200 } }, /its directory|refers to byte/],
    ['a directory elsewhere', { end: { claimedDirectory: 5 } }, /its directory is not where/],
    ['a directory past the end', { end: { claimedDirectory: 1e9 } }, /refers to byte/],
    ['a Zip64 record nowhere', { end: { zip64Offset: 2n ** 64n - 1n } }, /refers to byte/],
    ['a Zip64 record that is none', { end: { zip64Offset: 0n } }, /large file/],
    ['a Zip64 directory nowhere', { end: { zip64Record: { entries: 3n, directory: 2n ** 63n } } }, /refers to byte/],
    ['2^64 - 1 entries', { end: { zip64Record: { entries: 2n ** 64n - 1n, directory: 0n } } }, /entries/],
    [
      'a Zip64 size beyond numbers',
      other({ claimedSize: 0xffffffff, claimedCompressed: 0xffffffff, extra: zip64(2n ** 63n, 2n ** 63n) }),
      /past the end/,
    ],
    ['a Zip64 field that is cut', other({ claimedSize: 0xffffffff, extra: zip64() }), /large file/],
    ['an extra field that is cut', other({ extra: Uint8Array.of(1, 0, 99, 0) }), /extra field/],
  ])('is refused: %s', async (_what, parts, message) => {
    const error = await refusal(file(parts));
    expect(error.code).toBe('session-invalid');
    expect(error.message).toMatch(message);
    expect(error.hint).toBeDefined();
  });

  it.each<[string, Partial<RawEntry>]>([
    ['shrinks', { method: 8, claimedSize: STATE.length + 1 }],
    ['grows', { method: 8, claimedSize: STATE.length - 1 }],
    ['is no deflated data', { method: 8, data: STATE, claimedCompressed: 3 }],
    ['has another checksum', { claimedCrc: 1 }],
    ['is too long', { data: `"${'x'.repeat(49 * 2 ** 20)}"` }],
  ])('loses its state when that %s', async (_what, state) => {
    expect((await refusal(file({ state }))).code).toBe('session-invalid');
  });

  it('is not followed out of the folder by a link', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'headscope-'));
    await symlink(outside, join(folder, 'runs'));
    await open(file({ more: [{ name: 'runs/clean/run.json', data: 'x' }] }));
    expect(await readdir(outside)).toEqual([]);
    await rm(join(folder, 'runs'));
    await rm(outside, { recursive: true });
  });
});

describe('what methods read', () => {
  const bits = 'traces/lab-0.safetensors';
  const trace = { name: 'lab-0', run: null, bits };

  it.each<[string, string | undefined, object[]]>([
    ['is missing', undefined, [trace]],
    ['is none', 'no tensors', [trace]],
    ['is an entry of another kind', undefined, [{ ...trace, bits: 'state.json' }]],
  ])('is left out where it %s, and nothing else is', async (_what, data, traces) => {
    const files = [fileOf('state.json', STATE), fileOf(bits, data ?? 'x')];
    const more = data === undefined ? [] : [{ name: bits, data }];
    const opened = await open(file({ manifest: manifest({ traces, files }), more }));
    if (opened instanceof AppError) throw opened;
    expect(opened.traces).toEqual([]);
    expect(opened.warnings).toEqual([expect.stringMatching(/^What a method read \(lab-0\) was left out\. .*\.$/)]);
    expect(opened.state['notes']).toBeDefined();
  });

  it('is refused with a name that would lead elsewhere', async () => {
    const traces = [{ ...trace, name: '../lab' }];
    expect((await refusal(file({ manifest: manifest({ traces }) }))).code).toBe('session-invalid');
  });
});

describe('a manifest that lies', () => {
  const run = { role: 'clean', runId: 'r', run: 'runs/clean/run.json', tables: 'runs/clean/t', tensors: null };

  it.each<[string, Parts]>([
    ['missing', { manifest: null }],
    ['no JSON', { manifest: '{' }],
    ['a list', { manifest: '[]' }],
    ['of another program', { manifest: { format: 'other' } }],
    [
      'without its parts',
      { manifest: { format: 'headscope-session', formatVersion: 1, minReader: 1, app: { name: 'h', version: '1' } } },
    ],
    ['with a version that is none', { manifest: manifest({ formatVersion: 0.5 }) }],
    ['with a negative size', { manifest: manifest({ files: [{ path: 'a', bytes: -1, sha256: sha256('') }] }) }],
    ['with too many runs', { manifest: manifest({ runs: [run, run, run] }) }],
    ['with a prototype', { manifest: JSON.stringify(manifest()).replace('"model":null', '"__proto__":{"model":1}') }],
    ['nested without end', { manifest: `${'['.repeat(1e5)}${']'.repeat(1e5)}` }],
    ['too long', { manifest: `${' '.repeat(5 * 2 ** 20)}${JSON.stringify(manifest())}` }],
    ['under another kind of file', { mimetype: 'application/epub+zip' }],
    ['of a state that is not there', { state: null }],
    ['of another state', { manifest: manifest({ files: [fileOf('state.json', '{}')] }) }],
    ['of no state', { manifest: manifest({ files: [] }) }],
    ['of a state that is no JSON', { state: '{', manifest: manifest({ files: [fileOf('state.json', '{')] }) }],
  ])('is refused: %s', async (_what, parts) => {
    expect((await refusal(file(parts))).code).toBe('session-invalid');
  });

  it('of a later version is refused with its name', async () => {
    const later = manifest({ formatVersion: 8, minReader: 7, runs: 'of another form' });
    expect(await refusal(file({ manifest: later }))).toMatchObject({
      code: 'session-newer',
      message: 'a.headscope was saved by Headscope 9.9.9 in format 8; this version reads up to format 1.',
    });
  });

  it('of a later version that this one can read is opened, and says so', async () => {
    const later = manifest({ formatVersion: 8, minReader: 1, mood: 'fine' });
    const opened = await open(file({ manifest: later }));
    expect(opened).toMatchObject({
      warnings: ['This file was saved by Headscope 9.9.9; what this version does not know is kept.'],
      carried: { manifest: { mood: 'fine' } },
    });
  });

  it.each<[string, object, readonly RawEntry[]]>([
    ['missing', run, []],
    ['the manifest', { ...run, run: 'manifest.json', tables: 'mimetype' }, []],
    [
      'not what was saved',
      run,
      [
        { name: run.run, data: '{}' },
        { name: run.tables, data: '' },
      ],
    ],
    ['nonsense', { ...run, run: 'state.json', tables: 'state.json' }, []],
  ])('of a run that is %s leaves it out', async (_what, entry, more) => {
    const opened = await open(file({ manifest: manifest({ runs: [entry] }), more }));
    expect(opened).toMatchObject({ runs: [], state: { notes: { version: 1 } } });
    expect((opened as UnpackedSession).warnings).toEqual([
      expect.stringMatching(/^The clean run was left out\. /) as string,
    ]);
  });

  it('of entries that are not there leaves them out, and does not take ours for others', async () => {
    const files = [fileOf('state.json', STATE), fileOf('gone.png', 'x'), fileOf('runs/x', 'x'), fileOf('odd', 'y')];
    const opened = await open(
      file({ manifest: manifest({ files }), more: [{ name: 'odd', data: 'y' }, { name: 'stray' }] }),
    );
    expect((opened as UnpackedSession).warnings).toHaveLength(1);
    expect([...(opened as UnpackedSession).carried.entries.keys()]).toEqual(['odd']);
  });
});

describe('a small session, damaged', () => {
  let whole: Buffer;
  let opened: UnpackedSession;
  beforeAll(async () => {
    const place = await mkdtemp(join(tmpdir(), 'headscope-'));
    const target = join(place, 'a.headscope');
    const content = sampleContent(sampleRun({ layers: 1, heads: 1, tokens: 2, viewed: 1 }));
    await saveSessionFile(target, content, SAMPLE_OPTIONS);
    whole = await readFile(target);
    opened = await openSessionFile(target);
    await rm(place, { recursive: true });
  });
  afterAll(() => expect(opened.warnings).toEqual([]));

  it('is refused when it is cut, at every byte', { timeout: 180_000 }, async () => {
    for (let length = 0; length < whole.length; length++) {
      expect((await refusal(whole.subarray(0, length))).code).toBe('session-invalid');
    }
    expect(await open(whole)).toEqual(opened);
  });

  /** Some bytes mean nothing: times, versions, a header's copies of what stands in the directory. */
  const isSound = (result: UnpackedSession | AppError): void => {
    if (result instanceof AppError) expect(['session-invalid', 'session-newer']).toContain(result.code);
    else if (result.warnings.length === 0) expect(result).toEqual(opened);
  };

  it('is never taken for whole when a single byte is not what it was', { timeout: 180_000 }, async () => {
    const prng = createPrng(7);
    for (let at = 0; at < whole.length; at += 1 + prng.integer(3)) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 1 + prng.integer(255);
      isSound(await open(bytes));
    }
  });

  it('is never taken for whole when several are not, or some are missing or too many', async () => {
    const edit = fc.record({ at: fc.nat(), remove: fc.nat(6), insert: fc.uint8Array({ maxLength: 6 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        let bytes = Buffer.from(whole);
        for (const { at, remove, insert } of edits) {
          const start = at % bytes.length;
          bytes = Buffer.concat([bytes.subarray(0, start), insert, bytes.subarray(start + remove)]);
        }
        isSound(await open(bytes));
      }),
      { numRuns: 500 },
    );
  });
});
