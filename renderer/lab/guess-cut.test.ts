import { expect, it } from 'vitest';
import { guessCut } from './guess-cut.ts';

/** Words with the blank before them, as most tokenizers split. */
const tokens = (text: string) => [...text.matchAll(/ ?[\w’]+| ?[^\s\w]|\s/gu)].map(([word]) => ({ text: word }));
const rest = (text: string) =>
  tokens(text)
    .slice(guessCut(tokens(text)))
    .map(({ text: word }) => word)
    .join('');

const CONTEXT = 'The ferry reached the harbour. They call Maren copper lantern. The boats stayed in all week.';

it.each([
  ['a line that says so', `${CONTEXT} Question: who is Maren? Answer:`, ' Question: who is Maren? Answer:'],
  ['a last paragraph', `${CONTEXT}\n\nAs was said above, they call Maren`, '\n\nAs was said above, they call Maren'],
  ['a last sentence', `${CONTEXT} What do they call Maren?`, ' What do they call Maren?'],
])('takes %s', (_, text, question) => {
  expect(rest(text)).toBe(question);
});

it('does not take a piece that is too short for a question', () => {
  expect(rest(`${CONTEXT} What do they call her? Well:`)).toBe(' What do they call her? Well:');
});

it('takes the last quarter where nothing else is said, as of ids', () => {
  const ids = Array.from({ length: 40 }, () => ({ text: '' }));
  expect(guessCut(ids)).toBe(30);
  expect(guessCut(tokens('one two three four five six seven eight'))).toBe(6);
  expect(guessCut(ids.slice(0, 2))).toBe(1);
  expect(guessCut(ids.slice(0, 1))).toBe(1);
});
