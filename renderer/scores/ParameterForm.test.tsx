import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { ParameterForm, type FormParameter } from './ParameterForm.tsx';

const PARAMETERS: readonly FormParameter[] = [
  { id: 'window', name: 'Window', meaning: 'Last keys.', default: null, min: 1, max: 1000, integer: true },
  { id: 'share', name: 'Share', meaning: 'Of the mass.', default: 0.9, min: 0, max: 1, integer: false },
  { id: 'space', name: 'Compared', meaning: 'Where.', default: 0, min: 0, max: 1, integer: true, choices: ['a', 'b'] },
];

afterEach(cleanup);

function open(values: Readonly<Record<string, number>>) {
  const onChange = vi.fn();
  const form = (given: typeof values, parameters = PARAMETERS) => (
    <ParameterForm label="Parameters" parameters={parameters} values={given} onChange={onChange} />
  );
  const { rerender } = render(form(values));
  const field = (name: string) => screen.getByRole<HTMLInputElement>('textbox', { name });
  const write = (name: string, text: string) => {
    fireEvent.change(field(name), { target: { value: text } });
    fireEvent.blur(field(name));
  };
  return { onChange, field, write, show: (...shown: Parameters<typeof form>) => rerender(form(...shown)) };
}

it('is made from definitions, and gives what is typed', () => {
  const { onChange, field, write } = open({ window: 8 });
  const { value, placeholder } = field('Window');
  expect([value, placeholder, field('Share').placeholder]).toEqual(['8', 'auto', '0.9']);
  write('Share', '0,5');
  expect(onChange).toHaveBeenLastCalledWith({ window: 8, share: 0.5 });
  write('Window', '');
  expect(onChange).toHaveBeenLastCalledWith({});
  fireEvent.change(screen.getByRole('combobox', { name: 'Compared' }), { target: { value: '1' } });
  expect(onChange).toHaveBeenLastCalledWith({ window: 8, space: 1 });
});

it('gives what is typed where it is the default of the moment too, and goes back to the default when asked', () => {
  const { onChange, field, write, show } = open({});
  const reset = (name: RegExp) => screen.queryByRole('button', { name });
  expect(reset(/^Default of/)).toBeNull();
  write('Share', '0.9');
  expect(onChange).toHaveBeenLastCalledWith({ share: 0.9 });
  fireEvent.change(screen.getByRole('combobox', { name: 'Compared' }), { target: { value: '0' } });
  expect(onChange).toHaveBeenLastCalledWith({ space: 0 });
  // Of another prompt the default is another one.
  show(
    { share: 0.9 },
    PARAMETERS.map((each) => ({ ...each, default: each.id === 'share' ? 0.7 : each.default })),
  );
  expect(field('Share').value).toBe('0.9');
  fireEvent.click(reset(/^Default of Share: 0\.7$/)!);
  expect(onChange).toHaveBeenLastCalledWith({});
});

it('keeps what it does not take, and says what it takes', () => {
  const { onChange, field, write, show } = open({ window: 8 });
  for (const [name, text, said] of [
    ['Window', '9999999', 'It takes whole numbers from 1 to 1,000. It is still 8.'],
    ['Window', '2.5', 'It takes whole numbers from 1 to 1,000. It is still 8.'],
    ['Share', '-3', 'It takes numbers from 0 to 1. It is still 0.9.'],
  ] as const) {
    write(name, text);
    expect([field(name).value, field(name).getAttribute('aria-invalid')]).toEqual([text, 'true']);
    expect(screen.getAllByRole('alert').at(name === 'Window' ? 0 : -1)!.textContent).toBe(said);
  }
  expect(onChange).not.toHaveBeenCalled();
  // Undo brings another value.
  show({ window: 9 });
  expect(field('Window').value).toBe('9');
  write('Share', '0.25');
  expect(onChange).toHaveBeenLastCalledWith({ window: 9, share: 0.25 });
});
