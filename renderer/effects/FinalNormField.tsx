import { FINAL_NORMS } from '../../shared/model/intervention.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';

/** What the final norm does while effects are read: as the interventions have it, unless it is set here. */
export function FinalNormField() {
  const { session } = useApp();
  const chosen = useAppState(({ effects }) => effects.settings.finalNorm);
  const inForce = useAppState(({ edit }) => edit.finalNorm);
  return (
    <label
      className="hs-effects__field"
      title="Whether the norm before the unembedding is that of the changed residual, or keeps the scale of before."
    >
      <span>final norm</span>
      <select
        className="hs-select hs-effects__select hs-effects__norm"
        value={chosen ?? ''}
        onChange={({ target }) =>
          session.effects.set({ finalNorm: FINAL_NORMS.find((norm) => norm === target.value) ?? null })
        }
      >
        <option value="">{inForce}, as interventions</option>
        {FINAL_NORMS.map((norm) => (
          <option key={norm} value={norm}>
            {norm}
          </option>
        ))}
      </select>
    </label>
  );
}
