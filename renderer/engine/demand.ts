/** One thing that the state needs to be known, and the place that it is loaded for. */
import type { Client } from '../../shared/rpc/client.ts';

export type DataSlot =
  | 'scores'
  | 'further'
  | 'weights'
  | 'cleanScores'
  | 'miniatures'
  | 'profile'
  | 'token'
  | 'comparison'
  | 'otherComparison'
  | 'bothComparison'
  | 'cleanLogits'
  | 'changedLogits'
  | 'otherLogits'
  | 'sinks'
  | 'spans'
  | 'distances'
  | 'descriptors'
  | 'composition'
  | 'attribution'
  | 'best'
  | 'keptRows'
  | 'methodStep'
  | 'methodKey'
  | 'methodRow';

export interface Demand {
  readonly key: string;
  /** Waits for the pointer to rest first. */
  readonly previews: boolean;
  load(client: Client, signal: AbortSignal): Promise<unknown>;
}

export type Demands = Readonly<Partial<Record<DataSlot, Demand>>>;
