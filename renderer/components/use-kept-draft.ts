import { useState } from 'react';

interface KeptDraft {
  readonly text: string;
  /** Whether the text is none that is taken. */
  readonly isBad: boolean;
  readonly onType: (text: string) => void;
  readonly onLeave: () => void;
}

/**
 * Text of a field. What can be read is taken as it is typed; what cannot stays when the field is left, to be put right,
 * until the value changes from outside.
 */
export function useKeptDraft<T>(
  value: T,
  read: (text: string) => T | undefined,
  write: (value: T) => string,
  onChange: (value: T) => void,
): KeptDraft {
  const [draft, setDraft] = useState<{ readonly text: string; readonly of: string }>();
  const written = write(value);
  const text = draft?.of === written ? draft.text : written;
  const isBad = read(text) === undefined;
  return {
    text,
    isBad,
    onType: (typed) => {
      const next = read(typed);
      setDraft({ text: typed, of: next === undefined ? written : write(next) });
      if (next !== undefined) onChange(next);
    },
    onLeave: () => {
      if (!isBad) setDraft(undefined);
    },
  };
}
