import { interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import { interventionsInForce } from '../../shared/model/missing-part.ts';
import { formatPlace } from '../../shared/model/place.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Button } from '../components/Button.tsx';
import { runCommand } from '../commands/registry.ts';
import { whyNotGenerate } from '../generation/readiness.ts';
import { NORM_IN_GENERATION } from '../generation/words.ts';
import { generationBehind } from '../state/selectors.ts';
import { patch } from '../state/store.ts';

/** Generated text before and after, where there is some; else the way to it. */
export function GeneratedLines() {
  const services = useApp();
  const { clean, changed, job } = useAppState((state) => state.generation);
  const behind = useAppState(generationBehind);
  const whyNot = useAppState(whyNotGenerate);
  const interventions = useAppState(({ edit }) => edit.interventions);
  const isFrozen = useAppState(({ edit }) => edit.finalNorm === 'frozen');
  const promptOnly = interventionsInForce(interventions).filter(
    ({ what }) => interventionKind(what).generation === 'prompt-only',
  );
  const hasBoth = clean !== undefined && changed !== undefined && behind === undefined;
  return (
    <section className="hs-generated-lines" aria-label="Generated text before and after">
      {hasBoth ? (
        <>
          <p className="hs-ellipsis" title={clean.text}>
            <span className="hs-dim">clean </span>
            <span className="hs-mono">{oneLine(clean.text)}</span>
          </p>
          <p className="hs-ellipsis" title={changed.text}>
            <span className="hs-dim">ablated </span>
            <span className="hs-mono">{oneLine(changed.text)}</span>
          </p>
          <Button small look="quiet" onClick={() => patch(services.store, 'view', { dockTab: 'generation' })}>
            Compare the texts
          </Button>
        </>
      ) : (
        <Button
          small
          look="quiet"
          disabled={whyNot !== undefined || job !== undefined}
          title={whyNot ?? 'What the model writes after the prompt, clean and ablated'}
          onClick={() => runCommand(services, 'prompt.generate')}
        >
          Generate before and after
        </Button>
      )}
      {isFrozen && <p className="hs-dim hs-small">Generated text has {NORM_IN_GENERATION}, not frozen.</p>}
      {promptOnly.length > 0 && (
        <p className="hs-dim hs-small">
          On the prompt only, not in generated tokens: {promptOnly.map(({ where }) => formatPlace(where)).join(', ')}.
        </p>
      )}
    </section>
  );
}

function oneLine(text: string): string {
  return text.replaceAll('\n', '⏎');
}
