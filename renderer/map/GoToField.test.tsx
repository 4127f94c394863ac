import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { syntheticTokens } from './gallery/synthetic-head.ts';
import { GoToField } from './GoToField.tsx';

beforeEach(() => {
  Element.prototype.scrollIntoView = () => undefined;
});
afterEach(cleanup);

const tokens = syntheticTokens(120);
const field = () => screen.getByRole<HTMLInputElement>('combobox');
const type = (value: string) => fireEvent.change(field(), { target: { value } });
const press = (key: string, more: object = {}) => fireEvent.keyDown(field(), { key, ...more });

describe('the field for places', () => {
  it('steps through the places of a text, forth, back and around', () => {
    const onGoTo = vi.fn();
    render(<GoToField tokens={tokens} onGoTo={onGoTo} />);
    type('harbour');
    const options = screen.getAllByRole('option');
    expect(options.map((option) => option.querySelector('mark')!.textContent)).toEqual([' harbour', ' harbour']);
    press('Enter');
    press('Enter');
    press('Enter');
    press('Enter', { shiftKey: true });
    const places = tokens.flatMap(({ text }, index) => (text === ' harbour' ? [index] : []));
    expect(onGoTo.mock.calls.map(([query]) => query as number)).toEqual([...places, ...places]);
    expect(screen.getByText('2 of 2')).toBeTruthy();
    expect(screen.getAllByRole('option')[1]!.getAttribute('aria-selected')).toBe('true');
  });

  it('goes to a cell, and to a place by pointer', () => {
    const onGoTo = vi.fn();
    render(<GoToField tokens={tokens} onGoTo={onGoTo} />);
    type('40,7');
    press('Enter');
    expect(onGoTo).toHaveBeenLastCalledWith(40, 7);
    type('ferry');
    fireEvent.pointerDown(screen.getAllByRole('option')[0]!);
    expect(onGoTo).toHaveBeenLastCalledWith(2, undefined);
  });

  it('says why it leads nowhere, and closes with Esc', () => {
    render(<GoToField tokens={tokens} onGoTo={vi.fn()} />);
    fireEvent.focus(field());
    type('zebra');
    expect(screen.getByText('Not in the prompt.')).toBeTruthy();
    press('Escape');
    expect(screen.queryByText('Not in the prompt.')).toBeNull();
  });
});
