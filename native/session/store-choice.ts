import type { ParsedParamsOf } from '../../shared/contract/methods.ts';

/** What a session is to keep of a run, of what was looked at. */
export type StoreChoice = Omit<ParsedParamsOf<'run.store'>, 'runId' | 'clean'>;
