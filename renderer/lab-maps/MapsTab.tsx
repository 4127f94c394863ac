import { useMemo } from 'react';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { LabRecord } from '../../shared/model/lab.ts';
import { shownMaps } from '../../shared/view/lab/method-maps.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { Button } from '../components/Button.tsx';
import { Message } from '../components/Message.tsx';
import { summaryKey } from '../engine/data-keys.ts';
import { useLabRecord } from '../lab/use-lab-record.ts';
import { patch } from '../state/store.ts';
import { beginsWith, denseRunOf } from './dense-run.ts';
import { LabMapsView } from './LabMapsView.tsx';

/** Up to six maps under methods side by side, panned and pointed at together. */
export function MapsTab() {
  const { store } = useApp();
  const record = useLabRecord();
  const job = useAppState(({ lab }) => lab.job);
  const selected = useAppState(({ edit }) => edit.head);
  const head = record && headOf(record, selected);
  if (!record || !head) {
    return job?.kind === 'compare' ? (
      <Message text="The methods are being compared." hint="Their maps stand here as soon as the first one has run." />
    ) : (
      <Message
        text="No methods have been compared on this prompt."
        hint="Choose methods and budgets, and compare them: their maps then stand here side by side."
      >
        <Button look="primary" onClick={() => patch(store, 'lab', { shown: 'compare' })}>
          Choose methods
        </Button>
      </Message>
    );
  }
  return <ShownMaps record={record} head={head} />;
}

/** The selected head; without one of this model, that which loses most. */
function headOf({ about, rows }: LabRecord, selected: HeadId | undefined): HeadId | undefined {
  if (selected && selected.layer < about.layers && selected.head < about.heads) return selected;
  const worst = rows.find(({ result }) => result !== null)?.result?.worst;
  return worst && { layer: worst.layer, head: worst.head };
}

function ShownMaps({ record, head }: { readonly record: LabRecord; readonly head: HeadId }) {
  const { store } = useApp();
  const view = useAppState((state) => state.view);
  const chosen = useAppState(({ lab }) => lab.maps);
  const query = useAppState(({ lab }) => lab.query);
  const key = useAppState(({ lab }) => lab.key);
  const hoverToken = useAppState(({ ui }) => ui.hoverToken);
  const clean = useAppState(({ run }) => run.clean);
  const summary = useData(clean && summaryKey(clean.key));
  const prompt = summary?.status === 'ready' ? summary.value.tokens : undefined;
  const runKey = useAppState(({ lab }) => lab.runKey);
  const { about } = record;
  // The prompt on screen may be another one by now, whose tokens mean nothing here.
  const isOfPrompt = useMemo(() => prompt !== undefined && beginsWith(about, prompt), [about, prompt]);
  const dense = useMemo(() => denseRunOf(record, clean, prompt, runKey), [record, clean, prompt, runKey]);
  const maps = useMemo(() => shownMaps(chosen, record.rows), [chosen, record.rows]);
  return (
    <LabMapsView
      record={record}
      dense={dense}
      head={head}
      maps={maps}
      onMaps={(next) => patch(store, 'lab', { maps: next })}
      options={view}
      onOptions={(change) => patch(store, 'view', change)}
      drawing={view.drawing}
      pin={{ query, key }}
      onPin={(pin) => patch(store, 'lab', pin)}
      hoverToken={isOfPrompt ? hoverToken : undefined}
      onHoverToken={(index) => {
        if (isOfPrompt && store.getState().ui.hoverToken !== index) patch(store, 'ui', { hoverToken: index });
      }}
    />
  );
}
