// @vitest-environment node
import { describe, expect, it, vi } from 'vitest';
import { takeToken } from './token.ts';

function storage(value: string | null = null) {
  return { getItem: () => value, setItem: vi.fn() };
}

describe('takeToken', () => {
  it('takes the token out of the address and keeps it for reloads', () => {
    const kept = storage();
    const replaceState = vi.fn();
    const token = takeToken({ hash: '#token=abc_DEF-123', pathname: '/', search: '?a' }, { replaceState }, kept);
    expect(token).toBe('abc_DEF-123');
    expect(kept.setItem).toHaveBeenCalledWith(expect.any(String), 'abc_DEF-123');
    expect(replaceState).toHaveBeenCalledWith(null, '', '/?a');
  });

  it('leaves what else the address says', () => {
    const replaceState = vi.fn();
    const hash = '#token=abc_DEF-123&head=L2H5';
    expect(takeToken({ hash, pathname: '/', search: '' }, { replaceState }, storage())).toBe('abc_DEF-123');
    expect(replaceState).toHaveBeenCalledWith(null, '', '/#head=L2H5');
  });

  it('remembers it without one in the address', () => {
    const replaceState = vi.fn();
    expect(takeToken({ hash: '', pathname: '/', search: '' }, { replaceState }, storage('kept'))).toBe('kept');
    expect(replaceState).not.toHaveBeenCalled();
  });
});
