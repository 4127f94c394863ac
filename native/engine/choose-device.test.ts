import { describe, expect, it } from 'vitest';
import { checkParity, chooseDevice } from './choose-device.ts';

const supported = ['cpu', 'webgpu', 'cuda'];
const works = (provider: string) => Promise.resolve(`sessions on ${provider}`);

describe('chooseDevice', () => {
  it('takes what was asked for when it passes', async () => {
    const { report, made } = await chooseDevice('webgpu', supported, works);
    expect(report).toEqual({ requested: 'webgpu', provider: 'webgpu', refused: [] });
    expect(made).toBe('sessions on webgpu');
  });

  it('falls back to the CPU and says why', async () => {
    const fails = () => Promise.reject(new Error('No supported adapters\nat somewhere'));
    const { report, made } = await chooseDevice('webgpu', supported, fails);
    expect(report).toMatchObject({
      provider: 'cpu',
      refused: [{ provider: 'webgpu', reason: 'No supported adapters' }],
    });
    expect(made).toBeUndefined();
    expect((await chooseDevice('dml', supported, works)).report).toMatchObject({
      provider: 'cpu',
      refused: [{ provider: 'dml', reason: 'this build of ONNX Runtime does not have it' }],
    });
  });

  it('tries by platform what this build has, until one passes', async () => {
    const tried: string[] = [];
    const onlyWebgpu = (provider: string) => {
      tried.push(provider);
      return provider === 'webgpu' ? works(provider) : Promise.reject(new Error('no driver'));
    };
    const { report } = await chooseDevice('auto', supported, onlyWebgpu, 'linux');
    expect(tried).toEqual(['cuda', 'webgpu']);
    expect(report).toEqual({
      requested: 'auto',
      provider: 'webgpu',
      refused: [{ provider: 'cuda', reason: 'no driver' }],
    });
    expect((await chooseDevice('auto', ['cpu'], onlyWebgpu, 'linux')).report.refused).toEqual([]);
  });

  it('tries nothing for the CPU', async () => {
    const { report } = await chooseDevice('cpu', supported, () => Promise.reject(new Error('tried')));
    expect(report).toEqual({ requested: 'cpu', provider: 'cpu', refused: [] });
  });
});

describe('checkParity', () => {
  const expected = new Float32Array([100, -3, 0.5]);

  it('lets rounding pass', () => {
    expect(() => checkParity('residual', new Float32Array([100.01, -3, 0.5]), expected)).not.toThrow();
    expect(() => checkParity('residual', new Float32Array(3), new Float32Array(3))).not.toThrow();
  });

  it('refuses other numbers, and none', () => {
    expect(() => checkParity('residual', new Float32Array([101, -3, 0.5]), expected)).toThrow(
      "its residual differs from the CPU's by 0.010 of the largest, more than 0.001",
    );
    expect(() => checkParity('residual', new Float32Array([100, NaN, 0.5]), expected)).toThrow('differs');
  });
});
