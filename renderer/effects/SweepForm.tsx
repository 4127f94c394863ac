import { interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import { PLACE_KINDS, type PlaceKind } from '../../shared/model/place.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { Segmented } from '../components/Segmented.tsx';
import { summaryKey } from '../engine/data-keys.ts';
import { ChangeForm } from './ChangeForm.tsx';
import { runToChange } from './effect-requests.ts';
import { TargetForm } from './TargetForm.tsx';

const PLACE_NAMES: Readonly<Record<PlaceKind, string>> = { head: 'head', 'kv-group': 'KV group', layer: 'layer' };

/** What sweeps have in common: what is done, where, on top of what, and where the effect is read. */
export function SweepForm({ withPlaces = true }: { readonly withPlaces?: boolean }) {
  const { session } = useApp();
  const { change, places } = useAppState(({ effects }) => effects.settings);
  return (
    <>
      <div className="hs-effects__form">
        <ChangeForm
          change={change}
          places={withPlaces ? places : 'head'}
          onChange={(next) => session.effects.set({ change: next })}
        />
        {withPlaces && (
          <span className="hs-effects__field">
            <span>to each</span>
            <Segmented
              label="Places"
              options={PLACE_KINDS.map((value) => ({ value, label: PLACE_NAMES[value] }))}
              value={places}
              onChange={(value) =>
                session.effects.set({
                  places: value,
                  // What cannot be done there gives way to what always can.
                  ...(interventionKind(change.what).places.includes(value)
                    ? {}
                    : { change: { what: 'zero' as const } }),
                })
              }
            />
          </span>
        )}
        {withPlaces && <BaseField />}
      </div>
      <TargetRow />
    </>
  );
}

/** The clean run, or what it became under the interventions. */
export function BaseField() {
  const { session } = useApp();
  const on = useAppState(({ effects }) => effects.settings.on);
  const changed = useAppState(({ run }) => run.changed);
  return (
    <span className="hs-effects__field">
      <span>on</span>
      <Segmented
        label="On top of"
        options={[
          { value: 'clean', label: 'the clean run' },
          {
            value: 'changed',
            label: 'the interventions',
            disabled: !changed,
            title: changed
              ? `On top of ${changed.interventions}: which of the rest matters now`
              : 'Ablate a head first: then the rest is ranked again on top of it',
          },
        ]}
        value={changed ? on : 'clean'}
        onChange={(value) => session.effects.set({ on: value })}
      />
    </span>
  );
}

export function TargetRow() {
  const run = useAppState(runToChange);
  const summary = useData(run && summaryKey(run.key));
  return (
    <div className="hs-effects__form">
      <TargetForm summary={summary?.status === 'ready' ? summary.value : undefined} />
    </div>
  );
}
