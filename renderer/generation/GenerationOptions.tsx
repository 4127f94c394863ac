import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Button } from '../components/Button.tsx';
import { Segmented } from '../components/Segmented.tsx';
import { Switch } from '../components/Switch.tsx';
import type { GenerationSettings } from '../state/generation-state.ts';
import { patch } from '../state/store.ts';
import { GenerateButton } from './GenerateButton.tsx';
import { SettingField } from './SettingField.tsx';

/** How many tokens, how each is chosen, and go. */
export function GenerationOptions() {
  const { store } = useApp();
  const settings = useAppState(({ generation }) => generation.settings);
  const set = (change: Partial<GenerationSettings>) =>
    patch(store, 'generation', { settings: { ...store.getState().generation.settings, ...change } });

  return (
    <div className="hs-generation__options" role="group" aria-label="How to generate">
      <SettingField
        setting="maxTokens"
        label="Maximum tokens"
        title="It ends there at the latest."
        value={settings.maxTokens}
        onChange={(maxTokens) => maxTokens !== undefined && set({ maxTokens })}
      />
      <Segmented
        label="How a token is chosen"
        value={settings.choice}
        onChange={(choice) => set({ choice })}
        options={[
          { value: 'greedy', label: 'Greedy', title: 'The likeliest token at every step' },
          { value: 'sample', label: 'Sampled', title: 'Drawn by probability; the same seed gives the same tokens' },
        ]}
      />
      {settings.choice === 'sample' && (
        <>
          <SettingField
            setting="temperature"
            label="Temperature"
            title="Divides the logits: below 1 the likely tokens gain, above 1 the unlikely ones."
            value={settings.temperature}
            onChange={(temperature) => temperature !== undefined && set({ temperature })}
          />
          <SettingField
            setting="topK"
            label="Top-k"
            title="Draws from so many likeliest tokens only."
            empty="all"
            value={settings.topK}
            onChange={(topK) => set({ topK })}
          />
          <SettingField
            setting="topP"
            label="Top-p"
            title="Draws from the fewest likeliest tokens that hold this much probability."
            empty="1"
            value={settings.topP}
            onChange={(topP) => set({ topP })}
          />
          <div className="hs-generation__seed">
            <SettingField
              setting="seed"
              label="Seed"
              title="The same seed gives the same tokens."
              value={settings.seed}
              onChange={(seed) => seed !== undefined && set({ seed })}
            />
            <Button
              small
              icon
              look="quiet"
              aria-label="Another seed"
              onClick={() => set({ seed: Math.floor(Math.random() * 1_000_000) })}
            >
              ↻
            </Button>
          </div>
        </>
      )}
      <GenerateButton />
      <Switch
        label="Stop at end token"
        title="Whether the token by which the model ends a text ends this one"
        checked={settings.stopAtEnd}
        onChange={(stopAtEnd) => set({ stopAtEnd })}
      />
    </div>
  );
}
