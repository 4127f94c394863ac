import type { RunSummary } from '../../shared/model/run.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Button } from '../components/Button.tsx';
import { logitTokens } from '../head/logit-tokens.ts';
import { FinalNormField } from './FinalNormField.tsx';

interface TargetFormProps {
  readonly summary: RunSummary | undefined;
  /** Of patching the position counts in the run that is patched. */
  readonly positionNote?: string;
}

/** Where an effect is read: position, two tokens, and what the final norm does. */
export function TargetForm({ summary, positionNote }: TargetFormProps) {
  const { session } = useApp();
  const { position, token, against } = useAppState(({ effects }) => effects.settings);
  const pinned = useAppState(({ edit }) => edit.pinnedToken);
  const last = summary ? summary.tokens.length - 1 : 0;
  const at = Math.min(position ?? last, last);
  const tokens = summary ? logitTokens(summary, at) : [];
  const set = session.effects.set.bind(session.effects);
  const options = tokens.map(({ id, display }) => (
    <option key={id} value={id}>
      {display}
    </option>
  ));
  return (
    <>
      <span className="hs-effects__field" title={`Where the effect on logits is read. ${positionNote ?? ''}`}>
        <span>read after</span>
        <select
          className="hs-select hs-effects__select"
          aria-label="Position that the effect is read after"
          value={position === null ? 'last' : 'own'}
          onChange={({ target }) => set({ position: target.value === 'last' ? null : (pinned ?? last) })}
        >
          <option value="last">the last token</option>
          <option value="own">
            {position === null
              ? pinned === undefined
                ? `token ${last}`
                : `the pinned token ${pinned}`
              : `token ${position} ${summary?.tokens[position]?.display ?? ''}`}
          </option>
        </select>
        {position !== null && pinned !== undefined && pinned !== position && (
          <Button small look="quiet" onClick={() => set({ position: pinned })}>
            pinned {pinned}
          </Button>
        )}
      </span>
      <span
        className="hs-effects__field"
        title="Whose logits are compared. Without a choice the two likeliest of the run that is changed."
      >
        <span>logit</span>
        <select
          className="hs-select hs-effects__select"
          aria-label="Token of the logit difference"
          value={token ?? ''}
          onChange={({ target }) => set({ token: target.value === '' ? null : Number(target.value) })}
        >
          <option value="">likeliest</option>
          {options}
        </select>
        −
        <select
          className="hs-select hs-effects__select"
          aria-label="Token that it is compared with"
          value={against ?? ''}
          onChange={({ target }) => set({ against: target.value === '' ? null : Number(target.value) })}
        >
          <option value="">second</option>
          {options}
        </select>
      </span>
      <FinalNormField />
    </>
  );
}
