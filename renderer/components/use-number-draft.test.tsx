import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, describe, expect, it } from 'vitest';
import { readNumber, useNumberDraft } from './use-number-draft.ts';

function Field() {
  const [value, setValue] = useState(2);
  const { text, isInvalid, ...handlers } = useNumberDraft(value, (typed) => readNumber(typed, -1, 5), setValue);
  return (
    <>
      <input aria-invalid={isInvalid} value={text} {...handlers} />
      <output>{value}</output>
      <button onClick={() => setValue(3)}>undo</button>
    </>
  );
}

const field = () => screen.getByRole<HTMLInputElement>('textbox');
const type = (value: string) => fireEvent.change(field(), { target: { value } });
const seen = () => [field().value, screen.getByRole('status').textContent, field().getAttribute('aria-invalid')];

describe('a number draft', () => {
  afterEach(cleanup);

  it('keeps what is typed, and changes the value where it is a number within the limits', () => {
    render(<Field />);
    type('-');
    expect(seen()).toEqual(['-', '2', 'true']);
    type('-0.');
    expect(seen()).toEqual(['-0.', '0', 'false']);
    type('-0,5');
    expect(seen()).toEqual(['-0,5', '-0.5', 'false']);
    type('6');
    expect(seen()).toEqual(['6', '-0.5', 'true']);
  });

  it('gives way to the value when the field is left, or the value is changed from outside', () => {
    render(<Field />);
    type('');
    fireEvent.blur(field());
    expect(seen()).toEqual(['2', '2', 'false']);
    type('1.0');
    fireEvent.click(screen.getByRole('button'));
    expect(seen()).toEqual(['3', '3', 'false']);
  });
});
