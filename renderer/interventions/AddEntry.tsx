import { useState } from 'react';
import { toWireError, type WireError } from '../../shared/base/app-error.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import { zeroHead } from '../../shared/model/intervention.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import { useApp } from '../app/app-context.ts';
import { Button } from '../components/Button.tsx';
import { addInterventions } from '../state/intervention-edits.ts';
import { readEntries } from './read-entries.ts';

interface AddEntryProps {
  readonly model: ModelInfo;
  readonly selected: HeadId | undefined;
}

/** A new entry: at the selected head, or typed. */
export function AddEntry({ model, selected }: AddEntryProps) {
  const { store } = useApp();
  const [text, setText] = useState('');
  const [error, setError] = useState<WireError>();
  function add(): void {
    try {
      addInterventions(store, readEntries(text, model));
      setText('');
      setError(undefined);
    } catch (failure) {
      setError(toWireError(failure));
    }
  }
  return (
    <form
      className="hs-add-entry"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== '') add();
      }}
    >
      <input
        className="hs-field hs-mono"
        aria-label="New entry: a place, or a place and what is done to it"
        aria-invalid={error !== undefined}
        placeholder="L2H3, L2KV1, L2 or L2H3=scale:0.5"
        spellCheck={false}
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          setError(undefined);
        }}
      />
      <Button small disabled={text.trim() === ''} onClick={add}>
        Add
      </Button>
      {selected && (
        <Button small onClick={() => addInterventions(store, [zeroHead(selected)])}>
          Add {formatHead(selected)}
        </Button>
      )}
      {error && (
        <p className="hs-entry__problem" role="alert">
          {error.message} {error.hint}
        </p>
      )}
    </form>
  );
}
