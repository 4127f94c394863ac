// @vitest-environment node
import { expect, it } from 'vitest';
import { addLine } from './add-line.ts';

const tokens = [7, 8].map((id) => ({ id, display: `#${id}`, text: 'x', prob: 1, top: [] }));
const line = { promptTokens: 2, tokens, text: ' and so', milliseconds: 1, end: 'length' } as const;

it('adds text to text and ids to ids', () => {
  const text = { kind: 'text', text: 'Once', bos: true } as const;
  expect(addLine(text, line)).toEqual({ kind: 'text', text: 'Once and so', bos: true });
  expect(addLine({ kind: 'ids', ids: '1, 2,\n' }, line)).toEqual({ kind: 'ids', ids: '1, 2, 7, 8' });
  expect(addLine({ kind: 'ids', ids: '[1 2]' }, { ...line, tokens: [] })).toEqual({ kind: 'ids', ids: '[1 2]' });
});
