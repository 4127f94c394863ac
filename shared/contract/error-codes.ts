/** Every code that an expected failure may carry. A code never changes its meaning; the interface and scripts switch on it. */
export const ERROR_CODES = [
  'bad-request', // parameters do not fit the contract
  'protocol-mismatch', // the two ends speak different versions
  'not-allowed', // outside the root that the host may read, or not available in this shell
  'not-a-model', // the folder has no config.json or no weights
  'config-invalid', // config.json lacks a field that the computation reads, or holds nonsense
  'unsupported-architecture',
  'unsupported-config', // a known field asks for a computation that is not implemented
  'weights-corrupt', // safetensors header or extents do not fit the file
  'weights-missing', // a tensor that the architecture needs is absent
  'weights-shape', // a tensor has another shape or dtype than config.json implies
  'weights-not-finite', // NaN or infinity in the weights
  'tokenizer-invalid',
  'no-tokenizer', // text was given to a model in id mode
  'no-model', // nothing is open
  'not-stored', // a session file does not hold it, and the model is not there to compute it
  'session-invalid', // not a session file, or one that is damaged beyond reading
  'session-newer', // written by a later version
  'no-map', // in this run the head's weights are no softmax
  'unknown-run', // the run was released or belongs to another model
  'prompt-empty',
  'prompt-too-long',
  'token-out-of-range',
  'not-finite', // the forward produced NaN or infinity, or arrays that methods choose by hold one
  'needs-addon', // only the C++ attention addon does it, and it was not built
  'too-large', // over a stated limit of memory or output size
  'engine-died',
  'busy', // another window holds the engine
  'io', // a file could not be read or written
  'cancelled',
  'internal',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];
