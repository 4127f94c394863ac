import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Button } from '../components/Button.tsx';
import { patch } from '../state/store.ts';
import { canPin, pinReference } from './pin-reference.ts';

/** Keeps the scores on screen as B; once that is done, the way to the comparison. */
export function PinButton() {
  const services = useApp();
  const isPossible = useAppState(canPin);
  const hasReference = useAppState(({ edit }) => edit.reference !== undefined);
  if (hasReference) {
    return (
      <Button
        small
        look="quiet"
        title="The scores on screen beside those that were pinned as B"
        onClick={() => {
          patch(services.store, 'reference', { shown: true });
          patch(services.store, 'view', { centre: 'scores' });
        }}
      >
        A | B
      </Button>
    );
  }
  return (
    <Button
      small
      look="quiet"
      disabled={!isPossible}
      title="Keep these scores as B, to compare those of another prompt or model with them (P)"
      onClick={() => pinReference(services)}
    >
      Pin as B
    </Button>
  );
}
