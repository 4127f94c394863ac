import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { ParameterForm, type FormParameter } from './ParameterForm.tsx';

const PARAMETERS: readonly FormParameter[] = [
  { id: 'window', name: 'Window', meaning: 'Last keys.', default: null, min: 1, max: 1000, integer: true },
  { id: 'share', name: 'Share', meaning: 'Of the mass.', default: 0.9, min: 0, max: 1, integer: false },
  { id: 'space', name: 'Compared', meaning: 'Where.', default: 0, min: 0, max: 1, integer: true, choices: ['a', 'b'] },
];

afterEach(cleanup);

it('is made from definitions: what is set to the default is not set, what does not fit is not taken', () => {
  const onChange = vi.fn();
  render(<ParameterForm label="Parameters" parameters={PARAMETERS} values={{ window: 8 }} onChange={onChange} />);
  const field = (name: string) => screen.getByRole<HTMLInputElement>('textbox', { name });
  const write = (name: string, text: string) => {
    fireEvent.change(field(name), { target: { value: text } });
    const isInvalid = field(name).getAttribute('aria-invalid');
    fireEvent.blur(field(name));
    return isInvalid;
  };
  expect([field('Window').value, field('Window').placeholder, field('Share').placeholder]).toEqual([
    '8',
    'auto',
    '0.9',
  ]);
  expect(write('Window', '2.5')).toBe('true');
  expect(write('Share', '1.5')).toBe('true');
  expect(onChange).not.toHaveBeenCalled();
  expect(write('Share', '0,5')).toBe('false');
  expect(onChange).toHaveBeenLastCalledWith({ window: 8, share: 0.5 });
  write('Share', '0.9');
  expect(onChange).toHaveBeenLastCalledWith({ window: 8 });
  write('Window', '');
  expect(onChange).toHaveBeenLastCalledWith({});
  fireEvent.change(screen.getByRole('combobox', { name: 'Compared' }), { target: { value: '1' } });
  expect(onChange).toHaveBeenLastCalledWith({ window: 8, space: 1 });
});
