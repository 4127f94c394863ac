import type { FinalNorm } from '../../shared/model/intervention.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Segmented } from '../components/Segmented.tsx';
import { setFinalNorm } from '../state/intervention-edits.ts';

interface FinalNormSwitchProps {
  /** Of the scenario that is compared with: each has its own. */
  readonly other: FinalNorm | undefined;
}

/** Whether the changed run has a final norm of its own, or the clean run's. */
export function FinalNormSwitch({ other }: FinalNormSwitchProps) {
  const { store } = useApp();
  const finalNorm = useAppState(({ edit }) => edit.finalNorm);
  return (
    <span className="hs-final-norm">
      <span className="hs-dim">{other ? 'Final norm of A' : 'Final norm'}</span>
      <Segmented<FinalNorm>
        label="Final norm of the changed run"
        value={finalNorm}
        onChange={(next) => setFinalNorm(store, next)}
        options={[
          {
            value: 'recomputed',
            label: 'recomputed',
            title: 'Of the changed residual, as the model computes it: logits of all tokens move together',
          },
          {
            value: 'frozen',
            label: 'frozen',
            title: 'With the clean run’s scale at every position: only what was written changes the logits',
          },
        ]}
      />
      {other && (
        <span className={other === finalNorm ? 'hs-dim' : 'hs-entry__caution'}>
          of B: {other}
          {other !== finalNorm && ', so that they differ by that too'}
        </span>
      )}
    </span>
  );
}
