import { describe, expect, it } from 'vitest';
import { configFolder, huggingFaceCache } from './user-folders.ts';

describe('configFolder', () => {
  it.each([
    ['linux', {}, '/home/u/.config/headscope'],
    ['linux', { XDG_CONFIG_HOME: '/x' }, '/x/headscope'],
    ['linux', { XDG_CONFIG_HOME: '' }, '/home/u/.config/headscope'],
    ['darwin', { XDG_CONFIG_HOME: '/x' }, '/home/u/Library/Application Support/headscope'],
    ['win32', { APPDATA: '/a' }, '/a/headscope'],
  ] as const)('%s with %j: %s', (platform, environment, expected) => {
    expect(configFolder(environment, platform, '/home/u')).toBe(expected);
  });
});

describe('huggingFaceCache', () => {
  it.each([
    [{}, '/home/u/.cache/huggingface/hub'],
    [{ XDG_CACHE_HOME: '/c' }, '/c/huggingface/hub'],
    [{ HF_HOME: '/hf' }, '/hf/hub'],
    [{ HF_HOME: '/hf', HUGGINGFACE_HUB_CACHE: '/hub' }, '/hub'],
    [{ HF_HUB_CACHE: '/new', HUGGINGFACE_HUB_CACHE: '/hub' }, '/new'],
  ])('with %j: %s', (environment, expected) => {
    expect(huggingFaceCache(environment, '/home/u')).toBe(expected);
  });
});
