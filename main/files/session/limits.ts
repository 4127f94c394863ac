/**
 * What a session file may hold. A file over a limit is refused before its content is looked at, and the same limits
 * bind what is written, so that nothing is saved which could not be opened.
 */
const MIB = 2 ** 20;

export const SESSION_LIMITS = {
  entries: 256,
  manifestBytes: 4 * MIB,
  stateBytes: 48 * MIB,
  runBytes: 64 * MIB,
  tablesBytes: 1024 * MIB,
  /** What a method read. */
  traceBytes: 16 * MIB,
  /** One entry of a kind that this version does not know. */
  otherBytes: 16 * MIB,
  /** All entries that are held in memory, inflated. */
  heldBytes: 2048 * MIB,
  /** Inflated over deflated, of entries over `ratioFreeBytes`: real tables stay below 100. */
  ratio: 400,
  ratioFreeBytes: 16 * MIB,
  /** Tensors up to this size are checked against their hash when a file is opened, larger ones when they are copied. */
  eagerTensorBytes: 64 * MIB,
} as const;
