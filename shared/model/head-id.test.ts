import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatHead, groupOf, parseHead } from './head-id.ts';

describe('heads', () => {
  it('read back what they write, and the other spellings', () => {
    fc.assert(
      fc.property(fc.nat(9999), fc.nat(9999), (layer, head) => {
        expect(parseHead(formatHead({ layer, head }))).toEqual({ layer, head });
        for (const sign of ['.', '-', '/']) expect(parseHead(`${layer}${sign}${head}`)).toEqual({ layer, head });
      }),
    );
    expect(parseHead(' l5 H1 ')).toEqual({ layer: 5, head: 1 });
    for (const other of ['', 'L5', 'H1', '5', 'L5H', '5.1.2', 'xL5H1', '-1.2'])
      expect(parseHead(other)).toBeUndefined();
  });

  it('belong to consecutive groups, not to head mod groups', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((head) => groupOf(head, 8, 4))).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
  });
});
