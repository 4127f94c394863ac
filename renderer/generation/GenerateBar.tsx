import { useId } from 'react';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { formatCount } from '../../shared/view/format.ts';
import { Button } from '../components/Button.tsx';
import { runCommand } from '../commands/registry.ts';
import { GenerateButton } from './GenerateButton.tsx';
import { whyNotGenerate } from './readiness.ts';
import { howChosen } from './words.ts';

/** Under the prompt: goes on from it, says how, and leads to the options. */
export function GenerateBar() {
  const services = useApp();
  const settings = useAppState(({ generation }) => generation.settings);
  const job = useAppState(({ generation }) => generation.job);
  const reason = useAppState(whyNotGenerate);
  const wordsId = useId();
  const limit = formatCount(settings.maxTokens);
  const words = job
    ? (job.progress?.phase ?? 'Reading the prompt')
    : (reason ?? `up to ${limit} tokens, ${howChosen(settings)}`);

  return (
    <div className="hs-generate-bar">
      <GenerateButton describedBy={wordsId} />
      <span id={wordsId} className="hs-ellipsis hs-dim hs-small" title={words}>
        {words}
      </span>
      <Button
        small
        look="quiet"
        title="Maximum tokens, greedy or sampled, and what was generated"
        onClick={() => runCommand(services, 'view.showGeneration')}
      >
        Options
      </Button>
    </div>
  );
}
