import type { LabAbout } from '../../shared/model/lab.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { summaryKey } from '../engine/data-keys.ts';
import { LabRunRow } from '../lab/LabRunRow.tsx';
import { isOfPrompt } from '../lab/of-prompt.ts';
import './run-again.css';

/** Whether maps and keys of the comparison are being made again, or could not be. */
export function useIsMadeAgain(): boolean {
  return useAppState(({ lab }) => lab.job?.kind === 'again' || lab.failed?.kind === 'again');
}

/** Over views of a comparison that the engine does not hold: one button that makes all of it again. */
export function RunAgain({ about }: { readonly about: LabAbout }) {
  const { session } = useApp();
  const clean = useAppState(({ run }) => run.clean);
  const summary = useData(clean && summaryKey(clean.key));
  const isOther = summary?.status !== 'ready' || !isOfPrompt(about, summary.value.tokens);
  const lasts = about.fidelity === 'F1' ? '' : ' If they have just run, the prompt is too long to hold all of them.';
  return (
    <section className="hs-run-again" aria-label="Run the methods again">
      <p className="hs-small">
        The engine does not hold all of this, as after a file saved without tensors: for maps and keys the methods have
        to run again. Results stay as they are.{lasts}
      </p>
      <LabRunRow
        kind="again"
        label="Run again"
        refusal={isOther ? 'The prompt on screen is another one.' : undefined}
        onRun={() => void session.lab.again()}
      />
    </section>
  );
}
