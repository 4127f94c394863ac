import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, expect, it } from 'vitest';
import { NumberList } from './NumberList.tsx';

afterEach(cleanup);

function Field({ placeholder }: { readonly placeholder?: string }) {
  const [value, setValue] = useState<readonly number[]>([4, 8]);
  const none = placeholder === undefined ? {} : { placeholder };
  return (
    <>
      <NumberList label="counts" title="" value={value} min={1} max={99} onChange={setValue} {...none} />
      <output>{value.join(' ')}</output>
      <button onClick={() => setValue([1])}>undo</button>
    </>
  );
}

const field = () => screen.getByRole<HTMLInputElement>('textbox', { name: 'counts' });
const type = (value: string) => fireEvent.change(field(), { target: { value } });
const taken = () => screen.getByRole('status').textContent;
const said = () => screen.queryByRole('alert')?.textContent;

it('takes numbers as they are typed; what is none stays, with what would be taken', () => {
  render(<Field />);
  type('9, 2');
  expect([taken(), said()]).toEqual(['2 9', undefined]);
  for (const wrong of ['9, x', '100', '', Array.from({ length: 65 }, (_, at) => at + 1).join(' ')]) {
    type(wrong);
    fireEvent.blur(field());
    expect([field().value, taken()]).toEqual([wrong, '2 9']);
    expect(said()).toBe('It takes 1 to 64 whole numbers from 1 to 99. It is still 2, 9.');
  }
  fireEvent.click(screen.getByRole('button'));
  expect([field().value, said()]).toEqual(['1', undefined]);
});

it('may be empty where that stands for something', () => {
  render(<Field placeholder="all" />);
  type('');
  expect([taken(), said(), field().placeholder]).toEqual(['', undefined, 'all']);
  type('x');
  expect(said()).toBe('It takes at most 64 whole numbers from 1 to 99. It is still all.');
});
