import { useAppState } from '../app/use-app-state.ts';
import type { LabJobKind } from '../state/lab-state.ts';
import { otherSettings, type MadeWith } from './other-settings.ts';

interface OtherSettingsProps {
  readonly kind: LabJobKind;
  /** The button that runs what is set. */
  readonly button: string;
  readonly made: MadeWith;
  /** Undefined while it cannot be told. */
  readonly now: MadeWith | undefined;
}

/** Over a result of other settings than those that are set: which ones. */
export function OtherSettings({ kind, button, made, now }: OtherSettingsProps) {
  // What is under way or was cancelled has not come to the rest yet.
  const isUnderWay = useAppState(({ lab }) => lab.job?.kind === kind || lab.cancelled === kind);
  const words = isUnderWay || !now ? undefined : otherSettings(made, now);
  if (words === undefined) return null;
  return (
    <p className="hs-lab__other hs-small" role="note">
      Of other {words} than are set now; “{button}” runs those.
    </p>
  );
}
