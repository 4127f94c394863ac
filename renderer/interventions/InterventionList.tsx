import { useEffect, useRef, useState, type ClipboardEvent } from 'react';
import { toWireError, type WireError } from '../../shared/base/app-error.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import { formatInterventions } from '../../shared/model/intervention-text.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import { samePlace } from '../../shared/model/place.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import { useApp } from '../app/app-context.ts';
import {
  addInterventions,
  changeIntervention,
  duplicateIntervention,
  moveIntervention,
} from '../state/intervention-edits.ts';
import { removeIntervention, toggleIntervention } from '../state/intervention-edits.ts';
import { selectHead } from '../state/edits.ts';
import { entryProblem, failedEntry } from './entry-problem.ts';
import { InterventionRow } from './InterventionRow.tsx';
import { readEntries } from './read-entries.ts';

interface InterventionListProps {
  readonly interventions: readonly Intervention[];
  readonly model: ModelInfo;
  /** Of the prompt on screen. */
  readonly tokens: readonly TokenView[];
  readonly selected: HeadId | undefined;
  /** Of the run with them. */
  readonly error: WireError | undefined;
}

/** What is done where, in order. Ctrl+C and Ctrl+V take it out and in as text while it has the focus. */
export function InterventionList({ interventions, model, tokens, selected, error }: InterventionListProps) {
  const { store } = useApp();
  const list = useRef<HTMLOListElement>(null);
  const [open, setOpen] = useState<number>();
  const [drag, setDrag] = useState<{ readonly from: number; readonly to: number; readonly half: 'above' | 'below' }>();
  const [pasteError, setPasteError] = useState<WireError>();
  /** The entry that the focus follows after a move. */
  const [moved, setMoved] = useState<{ readonly to: number }>();
  const failed = error && error.code !== 'cancelled' ? failedEntry(error, interventions) : undefined;

  useEffect(() => {
    if (moved) list.current?.querySelector<HTMLElement>(`[data-entry="${moved.to}"] .hs-entry__handle`)?.focus();
  }, [moved]);

  function move(from: number, to: number): void {
    if (to < 0 || to >= interventions.length || to === from) return;
    moveIntervention(store, from, to);
    setOpen(open === from ? to : undefined);
    setMoved({ to });
  }

  function onCopy(event: ClipboardEvent): void {
    if (isOwnField(event.target)) return;
    event.clipboardData.setData('text/plain', formatInterventions(interventions));
    event.preventDefault();
  }

  function onPaste(event: ClipboardEvent): void {
    if (isOwnField(event.target)) return;
    event.preventDefault();
    try {
      addInterventions(store, readEntries(event.clipboardData.getData('text/plain'), model));
      setPasteError(undefined);
    } catch (failure) {
      setPasteError(toWireError(failure));
    }
  }

  return (
    <>
      <ol
        ref={list}
        className="hs-interventions__list"
        aria-label="Interventions, in the order in which they act"
        tabIndex={0}
        onCopy={onCopy}
        onPaste={onPaste}
      >
        {interventions.map((entry, position) => (
          <InterventionRow
            key={position}
            entry={entry}
            position={position}
            model={model}
            tokens={tokens}
            selected={selected !== undefined && samePlace(entry.where, selected)}
            open={open === position}
            problem={
              failed === position
                ? [error!.message, error!.hint].filter(Boolean).join(' ')
                : entryProblem(entry, model, tokens.length || undefined)
            }
            drop={drag?.to === position ? drag.half : undefined}
            onOpen={() => setOpen(open === position ? undefined : position)}
            onSelect={
              'head' in entry.where
                ? (
                    (where: HeadId) => () =>
                      selectHead(store, where)
                  )(entry.where)
                : undefined
            }
            onChange={(next, merge) => changeIntervention(store, position, next, merge)}
            onToggle={() => toggleIntervention(store, position)}
            onDuplicate={() => duplicateIntervention(store, position)}
            onRemove={() => {
              setOpen(undefined);
              removeIntervention(store, position);
            }}
            onMove={(step) => move(position, position + step)}
            onDragStart={() => setDrag({ from: position, to: position, half: 'above' })}
            onDragOver={(half) => drag && setDrag({ ...drag, to: position, half })}
            onDrop={() => {
              if (!drag) return;
              const gap = drag.to + (drag.half === 'below' ? 1 : 0);
              move(drag.from, gap > drag.from ? gap - 1 : gap);
              setDrag(undefined);
            }}
            onDragEnd={() => setDrag(undefined)}
          />
        ))}
      </ol>
      {pasteError && (
        <p className="hs-entry__problem" role="alert">
          {pasteError.message} {pasteError.hint}
        </p>
      )}
    </>
  );
}

/** Text fields have a clipboard of their own. */
function isOwnField(target: EventTarget): boolean {
  return target instanceof HTMLElement && target.matches('textarea, input:not([type=checkbox], [type=range])');
}
