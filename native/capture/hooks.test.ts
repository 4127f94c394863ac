import { describe, expect, it } from 'vitest';
import { expandHooks } from './hooks.ts';

describe('expandHooks', () => {
  const names = (hooks: string[]) => expandHooks(hooks, 3).map(({ name }) => name);

  it('takes a full name, every layer by * or by leaving the layer out, and global names', () => {
    expect(names(['blocks.2.attn.hook_q'])).toEqual(['blocks.2.attn.hook_q']);
    const all = ['blocks.0.attn.hook_z', 'blocks.1.attn.hook_z', 'blocks.2.attn.hook_z'];
    expect(names(['blocks.*.attn.hook_z'])).toEqual(all);
    expect(names(['attn.hook_z'])).toEqual(all);
    expect(names(['hook_z'])).toEqual(all);
    expect(names(['blocks.1.hook_resid_mid', 'logits', 'ln_final.hook_normalized'])).toHaveLength(3);
  });

  it('names each tensor once', () => {
    expect(names(['hook_z', 'blocks.1.attn.hook_z'])).toHaveLength(3);
  });

  it('writes residuals, rotated q and k, v and z when nothing is named', () => {
    expect(names([])).toHaveLength(15);
  });

  it('refuses unknown hooks and layers with a sentence', () => {
    expect(() => names(['hook_mystery'])).toThrow('There is no hook “hook_mystery”.');
    expect(() => names(['blocks.3.attn.hook_q'])).toThrow(/layers 0 to 2/);
    expect(() => names(['blocks.-1.attn.hook_q'])).toThrow(/no hook/);
  });
});
