import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError, CancelledError } from '../../shared/base/app-error.ts';
import { f32ToBf16, f32ToF16 } from '../../shared/tensor/half.ts';
import {
  checkFinite,
  encodeSafetensors,
  fingerprint,
  openWeights,
  readHeader,
  readTensorF32,
  writeSafetensors,
} from './index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-safetensors-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const VALUES = Float32Array.of(1, -2, 0.5, 0, 65504, -0.25);

async function failure(promise: Promise<unknown>): Promise<AppError> {
  const error: unknown = await promise.then(
    () => new Error('Nothing was thrown.'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof AppError) return error;
  throw error;
}

async function writeModel(where = folder, name = 'model.safetensors', data = VALUES): Promise<void> {
  await writeSafetensors(join(where, name), [
    { name: 'h', dtype: 'F16', shape: [6], data: f32ToF16(data) },
    { name: 'b', dtype: 'BF16', shape: [6], data: f32ToBf16(data) },
    { name: 'f', dtype: 'F32', shape: [2, 3], data: data },
    { name: 'i', dtype: 'I64', shape: [1], data: new BigInt64Array(1) },
  ]);
}

async function writeShards(map: unknown = { a: 'one.safetensors', b: 'two.safetensors' }): Promise<void> {
  await writeSafetensors(join(folder, 'one.safetensors'), [{ name: 'a', dtype: 'F32', shape: [6], data: VALUES }]);
  await writeSafetensors(join(folder, 'two.safetensors'), [{ name: 'b', dtype: 'F32', shape: [6], data: VALUES }]);
  await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
}

describe('openWeights', () => {
  it('reads back what was written, in every float dtype', async () => {
    await writeModel();
    const index = await openWeights(folder);
    expect([...index.tensors.keys()]).toEqual(['i', 'f', 'h', 'b']);
    expect(index.totalBytes).toBe(8 + 24 + 12 + 12);
    for (const name of ['f', 'h', 'b']) {
      const values = await readTensorF32(index.tensors.get(name)!);
      expect([...values]).toEqual(name === 'b' ? [1, -2, 0.5, 0, 65536, -0.25] : [...VALUES]);
    }
    expect(index.tensors.get('f')!.shape).toEqual([2, 3]);
    expect((await failure(readTensorF32(index.tensors.get('i')!))).code).toBe('weights-shape');
  });

  it('aligns data to its elements', async () => {
    await writeModel();
    const index = await openWeights(folder);
    for (const entry of index.tensors.values())
      expect(entry.offset % (entry.byteLength / entry.shape.reduce((a, b) => a * b, 1))).toBe(0);
  });

  it('follows the links of a cache snapshot, for a single file and for shards', async () => {
    const blobs = join(folder, 'blobs');
    const snapshot = join(folder, 'snapshots', 'abc');
    await mkdir(blobs);
    await mkdir(snapshot, { recursive: true });
    await writeModel(blobs, 'd34db33f');
    await symlink('../../blobs/d34db33f', join(snapshot, 'model.safetensors'));
    const file = (await openWeights(snapshot)).files[0]!;
    expect(file).toMatchObject({ name: 'model.safetensors', realName: 'd34db33f' });
    expect(file.realFolder).toMatch(/blobs$/);

    await rm(join(snapshot, 'model.safetensors'));
    await writeShards();
    for (const name of ['one.safetensors', 'two.safetensors', 'model.safetensors.index.json']) {
      await rename(join(folder, name), join(blobs, name));
      await symlink(`../../blobs/${name}`, join(snapshot, name));
    }
    const index = await openWeights(snapshot);
    expect([...index.tensors.keys()]).toEqual(['a', 'b']);
    expect([...(await readTensorF32(index.tensors.get('b')!))]).toEqual([...VALUES]);
  });

  it('says what is missing', async () => {
    expect((await failure(openWeights(join(folder, 'nowhere')))).message).toMatch(/is not there/);
    expect((await failure(openWeights(folder))).code).toBe('not-a-model');
    await writeFile(join(folder, 'file'), '');
    expect((await failure(openWeights(join(folder, 'file')))).message).toMatch(/a file, not a folder/);
    await symlink('gone', join(folder, 'model.safetensors'));
    expect((await failure(openWeights(folder))).code).toBe('not-a-model');
  });

  it('refuses shards that are absent or do not hold what the index says', async () => {
    await writeShards({ a: 'one.safetensors', b: 'three.safetensors' });
    const missing = await failure(openWeights(folder));
    expect(missing.code).toBe('weights-missing');
    expect(missing.message).toMatch(/three\.safetensors/);
    await writeShards({ a: 'one.safetensors', c: 'two.safetensors' });
    const wrong = await failure(openWeights(folder));
    expect(wrong.code).toBe('weights-corrupt');
    expect(wrong.message).toMatch(/“c” is in two\.safetensors/);
  });

  it.each(['../one.safetensors', '/etc/passwd', '..', '', 'a/b', 'a\\b', 'C:one', 7, null])(
    'refuses the shard name %j',
    async (name) => {
      await writeShards({ a: name });
      expect((await failure(openWeights(folder))).message).toMatch(/no plain file name/);
    },
  );

  it.each(['{', '[]', 'null', '{"weight_map":[]}', '{"weight_map":{}}'])('refuses the index %s', async (text) => {
    await writeFile(join(folder, 'model.safetensors.index.json'), text);
    expect((await failure(openWeights(folder))).code).toBe('weights-corrupt');
  });

  it('refuses a truncated file at its header and at its data', async () => {
    await writeModel();
    const whole = await readFile(join(folder, 'model.safetensors'));
    for (const length of [0, 7, 8, 100, whole.length - 1]) {
      await writeFile(join(folder, 'model.safetensors'), whole.subarray(0, length));
      expect((await failure(openWeights(folder))).code).toBe('weights-corrupt');
    }
  });
});

describe('checkFinite', () => {
  it('finds one bad element in any dtype and names it', async () => {
    const same = (values: Float32Array): Float32Array => values;
    const cases = [
      { dtype: 'F32', convert: same },
      { dtype: 'F16', convert: (values: Float32Array) => f32ToF16(values) },
      { dtype: 'BF16', convert: (values: Float32Array) => f32ToBf16(values) },
    ] as const;
    const places: [number, number][] = [
      [NaN, 2_200_001],
      [Infinity, 0],
      [-Infinity, 4_194_304],
    ];
    for (const { dtype, convert } of cases) {
      for (const [bad, at] of places) {
        const values = new Float32Array(4_194_305).fill(1);
        values[at] = bad;
        const data = convert(values);
        await writeSafetensors(join(folder, 'model.safetensors'), [
          { name: 'good', dtype: 'F32', shape: [6], data: VALUES },
          { name: 'bad', dtype, shape: [values.length], data },
        ]);
        const index = await openWeights(folder);
        const error = await failure(checkFinite(index));
        expect(error.code).toBe('weights-not-finite');
        expect(error.message).toMatch(new RegExp(`“bad” in model\\.safetensors .* element ${at}\\.$`));
        await checkFinite(index, ['good']);
      }
    }
  });

  it('can be cancelled', async () => {
    await writeModel();
    const index = await openWeights(folder);
    await expect(checkFinite(index, ['f'], AbortSignal.abort())).rejects.toBeInstanceOf(CancelledError);
  });
});

describe('fingerprint', () => {
  it('is that of the content, not of the place', async () => {
    await writeModel();
    const copy = join(folder, 'copy');
    await mkdir(copy);
    await writeModel(copy);
    const first = await fingerprint(await openWeights(folder), ['{}']);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await fingerprint(await openWeights(copy), ['{}'])).toBe(first);
    expect(await fingerprint(await openWeights(copy), ['{ }'])).not.toBe(first);
    await writeModel(copy, 'model.safetensors', VALUES.with(5, -0.5));
    expect(await fingerprint(await openWeights(copy), ['{}'])).not.toBe(first);
  });

  it('samples a large file in every tensor', async () => {
    const write = async (value: number): Promise<string> => {
      const large = new Float32Array(5 * 2 ** 20);
      await writeSafetensors(join(folder, 'model.safetensors'), [
        { name: 'large', dtype: 'F32', shape: [large.length], data: large },
        { name: 'small', dtype: 'F32', shape: [8], data: new Float32Array(8).fill(value) },
        { name: 'end', dtype: 'F32', shape: [large.length], data: large },
      ]);
      return fingerprint(await openWeights(folder));
    };
    const first = await write(1);
    expect(await write(2)).not.toBe(first);
    expect(await write(1)).toBe(first);
  });
});

describe('readHeader', () => {
  it('reads a file that lies within another, up to where that one ends', async () => {
    const path = join(folder, 'outer');
    const inner = encodeSafetensors([{ name: 'f', dtype: 'F32', shape: [6], data: VALUES }]);
    await writeFile(path, Buffer.concat([Buffer.alloc(13), inner, Buffer.alloc(8)]));
    const { tensors, size } = await readHeader(path, 'outer', { offset: 13, bytes: inner.length });
    expect(size).toBe(inner.length);
    expect(tensors.get('f')).toMatchObject({ begin: inner.length - 24, end: inner.length });
    for (const part of [
      { offset: 13, bytes: inner.length - 1 },
      { offset: 13 + inner.length, bytes: 8 },
      { offset: 1e6, bytes: 8 },
    ]) {
      expect((await failure(readHeader(path, 'outer', part))).code).toBe('weights-corrupt');
    }
    await writeFile(path, Buffer.concat([Buffer.alloc(13), inner.subarray(0, -1)]));
    expect((await failure(readHeader(path, 'outer', { offset: 13, bytes: 1e6 }))).code).toBe('weights-corrupt');
  });
});

describe('writeSafetensors', () => {
  it('streams pieces and keeps metadata', async () => {
    async function* pieces(): AsyncGenerator<Float32Array> {
      for (const value of VALUES) yield await Promise.resolve(Float32Array.of(value));
    }
    const path = join(folder, 'model.safetensors');
    await writeSafetensors(path, [{ name: 'a', dtype: 'F32', shape: [6], data: pieces() }], { made: 'here' });
    expect((await readHeader(path, 'f')).metadata.get('made')).toBe('here');
    const index = await openWeights(folder);
    expect([...(await readTensorF32(index.tensors.get('a')!))]).toEqual([...VALUES]);
    expect(index.files[0]!.dataStart % 8).toBe(0);
  });

  it('writes the bytes that encodeSafetensors makes, which refuses the same', async () => {
    const path = join(folder, 'model.safetensors');
    const tensors = [
      { name: 'h', dtype: 'F16', shape: [6], data: f32ToF16(VALUES) },
      { name: 'f', dtype: 'F32', shape: [2, 3], data: VALUES },
      { name: 'd', dtype: 'F64', shape: [], data: Float64Array.of(1) },
    ] as const;
    await writeSafetensors(path, tensors, { made: 'here' });
    expect(encodeSafetensors(tensors, { made: 'here' })).toEqual(new Uint8Array(await readFile(path)));
    expect(() => encodeSafetensors([{ ...tensors[1], shape: [7] }])).toThrow(/was given 24 bytes/);
    expect(() => encodeSafetensors([tensors[0], tensors[0]])).toThrow(/taken/);
  });

  it('leaves the old file and no other behind after a failure', async () => {
    await writeModel();
    const path = join(folder, 'model.safetensors');
    const before = await readFile(path);
    const short = { name: 'a', dtype: 'F32', shape: [7], data: VALUES } as const;
    await expect(writeSafetensors(path, [short])).rejects.toThrow(/takes 28 bytes but was given 24/);
    const twice = { name: 'a', dtype: 'F32', shape: [6], data: VALUES } as const;
    await expect(writeSafetensors(path, [twice, twice])).rejects.toThrow(/taken/);
    expect(await readdir(folder)).toEqual(['model.safetensors']);
    expect(await readFile(path)).toEqual(before);
  });
});
