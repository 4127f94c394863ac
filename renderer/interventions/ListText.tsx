import { useRef, useState } from 'react';
import { toWireError } from '../../shared/base/app-error.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import { formatInterventions } from '../../shared/model/intervention-text.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import { plural } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { Button } from '../components/Button.tsx';
import { setInterventions } from '../state/edits.ts';
import { addInterventions } from '../state/intervention-edits.ts';
import { readEntries } from './read-entries.ts';

interface ListTextProps {
  readonly interventions: readonly Intervention[];
  readonly model: ModelInfo;
  readonly onClose: () => void;
}

/** The list as text, to be copied, edited and pasted over. */
export function ListText({ interventions, model, onClose }: ListTextProps) {
  const { store } = useApp();
  const area = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(() => formatInterventions(interventions));
  const [copied, setCopied] = useState(false);
  const read = readText(text, model);
  const entries = 'entries' in read ? read.entries : undefined;

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // Not allowed to write there: it is selected, so that the person can.
      area.current?.select();
    }
  }

  return (
    <section className="hs-list-text" aria-label="Interventions as text">
      <textarea
        ref={area}
        className="hs-field hs-mono"
        aria-label="One entry a line: place = kind : parameters @ queries # keys <- other prompts"
        aria-invalid={entries === undefined}
        placeholder={'L0H1=zero\nL2H3=scale:0.5\nL3=streaming:4:64@100:200'}
        rows={5}
        spellCheck={false}
        autoFocus
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          setCopied(false);
        }}
      />
      <p className={entries ? 'hs-dim hs-small' : 'hs-entry__problem'} role={entries ? undefined : 'alert'}>
        {'problem' in read
          ? read.problem
          : `${plural(read.entries.length, 'intervention')}. One a line: place=kind:parameters@queries#keys; “off” in front: without effect.`}
      </p>
      <div className="hs-list-text__actions">
        <Button
          small
          look="primary"
          disabled={!entries}
          onClick={() => {
            if (!entries) return;
            setInterventions(store, entries);
            onClose();
          }}
        >
          Replace the list
        </Button>
        <Button
          small
          disabled={!entries || entries.length === 0}
          onClick={() => {
            if (!entries) return;
            addInterventions(store, entries);
            onClose();
          }}
        >
          Add to the list
        </Button>
        <Button small onClick={() => void copy()}>
          {copied ? 'Copied' : 'Copy'}
        </Button>
        <Button small look="quiet" onClick={onClose}>
          Close
        </Button>
      </div>
    </section>
  );
}

function readText(
  text: string,
  model: ModelInfo,
): { readonly entries: readonly Intervention[] } | { readonly problem: string } {
  try {
    return { entries: readEntries(text, model) };
  } catch (failure) {
    const { message, hint = '' } = toWireError(failure);
    return { problem: `${message} ${hint}` };
  }
}
