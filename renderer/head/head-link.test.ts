// @vitest-environment node
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatHeadLink, readHeadLink } from './head-link.ts';

describe('links to heads', () => {
  it('say head, tab, model and session', () => {
    const link = formatHeadLink({
      head: { layer: 5, head: 1 },
      tab: 'head',
      model: 'abc',
      session: '/a b/ü&#.headscope',
    });
    expect(link).toBe('#head=L5H1&tab=head&model=abc&session=%2Fa+b%2F%C3%BC%26%23.headscope');
  });

  it('are read back as they were written', () => {
    const text = fc.option(fc.string({ minLength: 1, maxLength: 16, unit: 'grapheme' }), { nil: undefined });
    fc.assert(
      fc.property(
        fc.nat(999),
        fc.nat(999),
        fc.constantFrom('map', 'head', 'scores'),
        fc.constantFrom(undefined, 'a3', '0123456789abcdef'),
        text,
        (layer, head, tab, model, session) => {
          const link = { head: { layer, head }, tab, model, session } as const;
          expect(readHeadLink(formatHeadLink(link))).toEqual(link);
        },
      ),
    );
  });

  it('are nothing where they name no head', () => {
    for (const hash of ['', '#', '#head=', '#head=L5', '#token=abc', `#head=L1H1&x=${'a'.repeat(9000)}`]) {
      expect(readHeadLink(hash)).toBeUndefined();
    }
    expect(readHeadLink('#head=2.3&tab=nonsense')).toEqual({
      head: { layer: 2, head: 3 },
      tab: 'head',
      model: undefined,
      session: undefined,
    });
  });
});
