import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Button } from '../components/Button.tsx';
import { Segmented } from '../components/Segmented.tsx';
import { patch } from '../state/store.ts';
import { canPin, pinReference, unpinReference } from './pin-reference.ts';

const VIEWS = [
  { value: 'all', label: 'all heads', title: 'Two scores of the run on screen against each other' },
  { value: 'compare', label: 'A and B', title: 'One score of the run on screen (A) and of the pinned one (B)' },
] as const;

/** Above the scores while a result is pinned: which view, and what becomes of the pin. */
export function ReferenceBar() {
  const services = useApp();
  const { store } = services;
  const isShown = useAppState(({ reference }) => reference.shown);
  const isPossible = useAppState(canPin);
  return (
    <div className="hs-compare-bar">
      <Segmented
        label="What the scores are shown of"
        options={VIEWS}
        value={isShown ? 'compare' : 'all'}
        onChange={(chosen) => patch(store, 'reference', { shown: chosen === 'compare' })}
      />
      <Button
        small
        look="quiet"
        disabled={!isPossible}
        title="What is on screen becomes B in place of what was pinned (P)"
        onClick={() => pinReference(services)}
      >
        Pin A as B
      </Button>
      <Button
        small
        look="quiet"
        title="Ends the comparison; undo brings B back (Shift P)"
        onClick={() => unpinReference(services)}
      >
        Unpin B
      </Button>
    </div>
  );
}
