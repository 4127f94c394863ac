import { expect, it } from 'vitest';
import { sessionArgument } from './session-arguments.ts';

it.each([
  [['/opt/Headscope', '/home/u/a.headscope'], '/home/u/a.headscope'],
  [['electron', '.', 'sub/b.HEADSCOPE', 'c.headscope'], '/work/sub/b.HEADSCOPE'],
  [['electron', '.', '--x=a.headscope', 'notes.txt'], undefined],
  [[], undefined],
])('%j: %s', (words, expected) => expect(sessionArgument(words, '/work')).toBe(expected));
