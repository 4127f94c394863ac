// @vitest-environment node
import { expect, it } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import { emptyPrompt, isBlank, toPrompt } from './prompt-source.ts';

it('takes white space for a text, but not for ids', () => {
  expect(isBlank({ kind: 'text', text: ' ', bos: true })).toBe(false);
  expect(isBlank({ kind: 'text', text: '', bos: true })).toBe(true);
  expect(isBlank({ kind: 'ids', ids: ' \n' })).toBe(true);
});

it('turns the editor into a prompt, or says what is wrong with it', () => {
  expect(toPrompt({ kind: 'text', text: 'a', bos: false })).toEqual({ kind: 'text', text: 'a', bos: false });
  expect(toPrompt({ kind: 'ids', ids: '1, 2' })).toEqual({ kind: 'ids', ids: Int32Array.of(1, 2) });
  const wrong = toPrompt({ kind: 'ids', ids: '1, x' });
  expect(wrong).toBeInstanceOf(AppError);
  expect(wrong).toMatchObject({ code: 'bad-request', message: '“x” is not a token id.' });
});

it('says what to put into an empty editor', () => {
  expect(emptyPrompt({ kind: 'ids', ids: '' }).hint).toContain('token ids');
  expect(emptyPrompt({ kind: 'text', text: '', bos: true }).hint).toContain('text');
});
