import type { HeadId } from '../../shared/model/head-id.ts';
import type { Intervention } from '../../shared/model/intervention.ts';

/** The part of the state that undo and redo go through. */
export interface EditState {
  readonly interventions: readonly Intervention[];
  readonly head: HeadId | undefined;
  readonly pinnedToken: number | undefined;
}

export const initialEdit: EditState = { interventions: [], head: undefined, pinnedToken: undefined };
