import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Button } from '../components/Button.tsx';
import { Keys } from '../components/Keys.tsx';
import { Message } from '../components/Message.tsx';
import { ProgressBar } from '../components/ProgressBar.tsx';
import { generationBehind } from '../state/selectors.ts';
import { whyNotAdd, whyNotGenerate } from './readiness.ts';
import type { ShownLine } from './shown-lines.ts';
import { LINE_NAMES, NORM_IN_GENERATION, howChosen, pace, whyEnded, withInterventions } from './words.ts';

interface GenerationFactsProps {
  readonly lines: readonly ShownLine[];
  /** Where two lines part. */
  readonly difference: number | undefined;
}

/** Above the text: what it was made with, how it went and ended, and what can be done with it. */
export function GenerationFacts({ lines, difference }: GenerationFactsProps) {
  const { session } = useApp();
  const { origin, job, error } = useAppState(({ generation }) => generation);
  const context = useAppState(({ model }) => model.info?.context);
  const reason = useAppState(whyNotGenerate);
  const behind = useAppState(generationBehind);
  const isMac = useAppState(({ host }) => host.platform === 'darwin');
  const isFrozen = useAppState(({ edit }) => edit.finalNorm === 'frozen');

  if (!origin && !error) {
    return (
      <p className="hs-dim">
        Nothing has been generated yet. Generate, or <Keys keys="mod+shift+enter" isMac={isMac} />, goes on from the
        prompt token by token. Interventions in force apply; the text without them is then shown beside it.
      </p>
    );
  }
  const made = origin && [
    howChosen(origin.settings),
    ...(origin.interventions.length > 0
      ? [withInterventions(origin.interventions), ...(isFrozen ? [NORM_IN_GENERATION] : [])]
      : []),
  ];
  const phase = job?.progress?.phase ?? 'Reading the prompt';
  return (
    <>
      {error && (
        <Message bad text={error.message} hint={error.hint}>
          <Button small disabled={reason !== undefined} onClick={() => void session.generate()}>
            Try again
          </Button>
        </Message>
      )}
      {(lines.length > 0 || job) && (
        <div className="hs-generation__facts">
          <div aria-live={job ? 'off' : 'polite'} className="hs-generation__words">
            <p>
              <span className="hs-dim">Next tokens, {made?.join(', ')}. </span>
              {behind && <strong className="hs-generation__behind">{BEHIND[behind]} </strong>}
              {lines.length > 1 && <span>{partingWords(lines, difference)}</span>}
            </p>
            {lines.map(({ kind, line }, row) => (
              <p key={kind}>
                {lines.length > 1 && <span className={`hs-line-name hs-line-name--${kind}`}>{LINE_NAMES[kind]}</span>}
                {whyEnded(line, context)} <span className="hs-dim">{pace(line)}.</span>
                {row === 0 && (
                  <span className="hs-dim hs-nowrap" aria-hidden="true">
                    {' '}
                    Tint: p 0<span className="hs-strip-legend__scale hs-generation__scale" />1
                  </span>
                )}
              </p>
            ))}
          </div>
          <div className="hs-generation__actions">
            {lines.map(({ kind }) => (
              <AddButton key={kind} kind={kind} isOnly={lines.length === 1} />
            ))}
          </div>
        </div>
      )}
      {job && (
        <div className="hs-generation__progress">
          <span className="hs-small hs-dim">
            {job.kind === 'clean' && origin && origin.interventions.length > 0 ? 'Without interventions: ' : ''}
            {phase}
          </span>
          <ProgressBar label={phase} progress={job.progress} />
        </div>
      )}
    </>
  );
}

const BEHIND = {
  prompt: 'Belongs to an earlier prompt.',
  interventions: 'Made with other interventions than those in force now.',
} as const;

function AddButton({ kind, isOnly }: { readonly kind: ShownLine['kind']; readonly isOnly: boolean }) {
  const { session } = useApp();
  const reason = useAppState((state) => whyNotAdd(state, kind));
  return (
    <Button
      small
      disabled={reason !== undefined}
      title={reason ?? 'Put it behind the prompt and run that, to see the attention of every generated token'}
      onClick={() => void session.addToPrompt(kind)}
    >
      {isOnly ? 'Add to prompt and run' : `Add ${LINE_NAMES[kind]} and run`}
    </Button>
  );
}

function partingWords(lines: readonly ShownLine[], difference: number | undefined): string {
  if (difference === undefined) {
    const isDone = lines.every(({ line }) => line.end !== undefined);
    const steps = Math.min(...lines.map(({ line }) => line.tokens.length));
    return isDone && steps > 0 ? 'Both lines have the same tokens.' : '';
  }
  const taken = lines.map(({ kind, line }) => {
    const token = line.tokens[difference];
    return `${LINE_NAMES[kind]} ${token ? `“${token.display}”` : 'ends'}`;
  });
  return `They part at step ${difference + 1}: ${taken.join(', ')}.`;
}
