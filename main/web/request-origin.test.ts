import { describe, expect, it } from 'vitest';
import { isOwnHost, isOwnOrigin } from './request-origin.ts';

describe('isOwnHost', () => {
  it.each([
    ['127.0.0.1:8000', true],
    ['localhost:9', true],
    ['LOCALHOST', true],
    ['[::1]:8000', true],
    ['192.168.1.5:8000', true],
    ['gpu-box:8000', true],
    ['gpu-box.evil.com', false],
    ['evil.com:8000', false],
    ['localhost.evil.com', false],
    ['127.0.0.1.evil.com', false],
    ['127.0.0.1:8000\r\nX: y', false],
    ["a b'; script-src *", false],
    ['', false],
    [undefined, false],
  ])('%j: %s', (header, expected) => expect(isOwnHost(header, ['gpu-box'])).toBe(expected));
});

describe('isOwnOrigin', () => {
  it.each([
    ['http://localhost:8000', 'localhost:8000', true],
    ['https://localhost:8000', 'localhost:8000', true],
    [undefined, 'localhost:8000', true],
    ['http://localhost:8001', 'localhost:8000', false],
    ['http://127.0.0.1:8000', 'localhost:8000', false],
    ['null', 'localhost:8000', false],
    ['http://evil.com', 'localhost:8000', false],
    ['http://localhost:8000', undefined, false],
  ])('%j at %j: %s', (origin, host, expected) => expect(isOwnOrigin(origin, host)).toBe(expected));
});
