import { useState } from 'react';

/** The value, and while there is none the last one that there was: words stay whole until the next ones are complete. */
export function useLast<T extends string | number | object>(value: T | undefined): T | undefined {
  const [last, setLast] = useState(value);
  if (value !== undefined && value !== last) setLast(value);
  return value ?? last;
}
