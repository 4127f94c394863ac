import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Button } from '../components/Button.tsx';
import { nextGesture } from './lab-controller.ts';
import { LAB_PRESETS, type LabPreset } from './presets.ts';

/** A task prompt that methods can be told apart on fits into this. */
const NEEDLE_TOKENS = 512;

/** Comparisons that are worth seeing, each with what it shows. */
export function PresetList() {
  const { session } = useApp();
  const isBusy = useAppState(({ lab }) => lab.job !== undefined);
  const context = useAppState(({ model }) => model.info?.context ?? NEEDLE_TOKENS);
  const hasText = useAppState(({ model }) => model.info?.tokenizer.available === true);

  const take = async ({ settings, needle }: LabPreset) => {
    // With the prompt that it brings along: undone at once.
    const gesture = nextGesture();
    const length = Math.min(NEEDLE_TOKENS, context);
    session.lab.set(settings, gesture);
    if (needle && !(await session.lab.takeSample('needle', { length }, gesture))) return;
    await session.lab.compare();
  };

  return (
    <ul className="hs-lab__presets">
      {LAB_PRESETS.map((preset) => (
        <li key={preset.id}>
          <Button
            small
            disabled={isBusy || (preset.needle && !hasText)}
            title={preset.needle ? `${preset.shows} Puts a needle prompt into the editor.` : preset.shows}
            onClick={() => void take(preset)}
          >
            {preset.name}
          </Button>
          <span className="hs-dim hs-small">
            {preset.shows}
            {preset.needle ? ' On a needle prompt.' : ' On this prompt.'}
          </span>
        </li>
      ))}
    </ul>
  );
}
