import { interventionKind } from './intervention-kinds/index.ts';
import { activeInterventions, type Intervention } from './intervention.ts';

/** What an entry still lacks to say what it does: other prompts, or the keys that it is about. */
export function missingPart({ what, keys, source }: Intervention): 'source' | 'keys' | undefined {
  const kind = interventionKind(what);
  if ((kind.sources === 'one' || kind.sources === 'many') && source === undefined) return 'source';
  return kind.keys === 'required' && keys === undefined ? 'keys' : undefined;
}

/** The entries that a run is made with: those that are on and whole, in order. */
export function interventionsInForce(list: readonly Intervention[]): Intervention[] {
  return activeInterventions(list).filter((entry) => missingPart(entry) === undefined);
}
