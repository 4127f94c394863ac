import { useState, type ChangeEvent } from 'react';

interface NumberDraft {
  readonly text: string;
  readonly isInvalid: boolean;
  readonly onChange: (event: ChangeEvent<HTMLInputElement>) => void;
  readonly onBlur: () => void;
}

/**
 * Text of a number field. What is typed stays until it is a number that `read` takes, so that `-0.` on the way to `-0.5`
 * is not lost; when the field is left, or the value changes from outside, the value's own text comes back.
 */
export function useNumberDraft(
  value: number,
  read: (typed: string) => number | undefined,
  onChange: (value: number) => void,
): NumberDraft {
  const [draft, setDraft] = useState<{ readonly text: string; readonly of: number } | undefined>(undefined);
  // Undo changes the value from outside: the draft then belongs to another number.
  const text = draft?.of === value ? draft.text : String(value);
  return {
    text,
    isInvalid: read(text) === undefined,
    onChange: ({ target }) => {
      const next = read(target.value);
      setDraft({ text: target.value, of: next ?? value });
      if (next !== undefined) onChange(next);
    },
    onBlur: () => setDraft(undefined),
  };
}

/** What was typed as a number within the limits; a comma is a decimal point. Undefined for anything else. */
export function readNumber(typed: string, min: number, max: number): number | undefined {
  const number = Number(typed.replace(',', '.'));
  return typed.trim() !== '' && number >= min && number <= max ? number : undefined;
}
