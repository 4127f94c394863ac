/** Throws a bug-indicating error where an invariant of our own code does not hold. */
export function assert(condition: unknown, message: string): asserts condition {
  if (condition === false || condition === null || condition === undefined)
    throw new Error(`Invariant broken: ${message}`);
}

/** Returns the value, or throws where our own code promised that it exists. */
export function assertExists<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`Invariant broken: missing ${what}`);
  return value;
}
