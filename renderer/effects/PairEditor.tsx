import { useEffect, useMemo } from 'react';
import { ALIGNMENTS, type AlignedPair, type Alignment } from '../../shared/model/effect.ts';
import { pairColumns } from '../../shared/view/effects/pair-columns.ts';
import { plural } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { createDebounce } from '../base/debounce.ts';
import { classNames } from '../base/class-names.ts';
import { Button } from '../components/Button.tsx';
import { Message } from '../components/Message.tsx';
import { Segmented } from '../components/Segmented.tsx';
import { pairKeyOf } from './effect-controller.ts';

const ALIGNMENT_NAMES: Readonly<Record<Alignment, string>> = {
  tokens: 'equal tokens',
  start: 'from the start',
  end: 'from the end',
};
const LOOK_MS = 300;

/** The clean prompt, its corrupted copy to edit, and which token of one belongs to which of the other. */
export function PairEditor() {
  const { store, session, activity } = useApp();
  const source = useAppState(({ run }) => run.source);
  const { corrupted, align } = useAppState(({ effects }) => effects.settings);
  const isLive = useAppState(({ model }) => model.live);
  const key = useAppState(pairKeyOf);
  const pair = useData(key);
  const look = useMemo(() => createDebounce(activity, LOOK_MS), [activity]);
  useEffect(() => {
    if (key !== undefined && isLive) look.schedule(() => void session.effects.align());
    return () => look.cancel();
  }, [key, isLive, look, session]);

  const clean = source?.kind === 'ids' ? source.ids : (source?.text ?? '');
  const text = corrupted ?? clean;
  const isSame = text === clean;
  return (
    <div className="hs-effects__pair">
      <label className="hs-effects__prompt">
        <span>
          Corrupted prompt <span className="hs-dim">a copy of the one that was run: change what should matter</span>
        </span>
        <textarea
          className="hs-field"
          rows={2}
          value={text}
          spellCheck={false}
          onChange={({ target }) => session.effects.set({ corrupted: target.value })}
        />
      </label>
      <div className="hs-effects__form">
        <span className="hs-effects__field">
          <span>align</span>
          <Segmented
            label="Alignment"
            options={ALIGNMENTS.toReversed().map((value) => ({ value, label: ALIGNMENT_NAMES[value] }))}
            value={align}
            onChange={(value) => session.effects.set({ align: value })}
          />
        </span>
        <Button
          small
          look="quiet"
          disabled={corrupted === undefined}
          onClick={() => session.effects.set({ corrupted: undefined })}
        >
          Copy the prompt again
        </Button>
        <Button
          small
          look="quiet"
          disabled={isSame}
          title="The corrupted prompt becomes the one that is run, and the one before its corrupted copy"
          onClick={() => {
            const field = source?.kind === 'ids' ? 'idsText' : 'text';
            session.effects.set({ corrupted: clean });
            store.setState((state) => ({ prompt: { ...state.prompt, [field]: text } }));
            void session.runPrompt();
          }}
        >
          Swap both
        </Button>
      </div>
      {pair?.status === 'failed' && <Message bad text={pair.error.message} hint={pair.error.hint} />}
      {pair?.status === 'ready' && <PairStrip pair={pair.value} isSame={isSame} />}
    </div>
  );
}

/** Columns beyond these are left out around what differs. */
const MOST_COLUMNS = 240;

/** Both prompts over each other; a token that differs, or has no partner, is marked. */
function PairStrip({ pair, isSame }: { readonly pair: AlignedPair; readonly isSame: boolean }) {
  const { columns, differing, missing } = useMemo(() => pairColumns(pair, MOST_COLUMNS), [pair]);
  return (
    <figure className="hs-effects__strip">
      <div className="hs-effects__strip-body" role="img" aria-label={stripText(pair, differing, missing)} tabIndex={0}>
        {columns.map((column, index) =>
          column.kind === 'gap' ? (
            <span key={index} className="hs-effects__skip" title={plural(column.count, 'equal token')}>
              ⋯{column.count}
            </span>
          ) : (
            <span
              key={index}
              className={classNames('hs-effects__column', `hs-effects__column--${column.kind}`)}
              title={`clean ${column.clean ?? '–'}, corrupted ${column.corrupted ?? '–'}`}
            >
              <span>{column.clean === undefined ? '∅' : pair.clean[column.clean]!.display}</span>
              <span>{column.corrupted === undefined ? '∅' : pair.corrupted[column.corrupted]!.display}</span>
            </span>
          ),
        )}
      </div>
      <figcaption className="hs-dim hs-small">
        {isSame ? 'The prompts are the same: nothing can be patched yet. ' : ''}
        {stripText(pair, differing, missing)} Upper line clean, lower line corrupted; ∅ has no partner and stays as it
        is.
      </figcaption>
    </figure>
  );
}

function stripText({ clean, corrupted }: AlignedPair, differing: number, missing: number): string {
  return `${plural(clean.length, 'token')} beside ${corrupted.length}: ${differing} differ, ${missing} without a partner.`;
}
