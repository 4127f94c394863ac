import { useRef, useState } from 'react';
import { toWireError, type WireError } from '../../shared/base/app-error.ts';
import { useApp } from '../app/app-context.ts';
import { Button } from '../components/Button.tsx';
import { Message } from '../components/Message.tsx';
import { originKey } from '../engine/data-keys.ts';

interface ImportButtonProps {
  /** The key of the score that came. */
  readonly onImported: (key: string) => void;
}

/** Takes in gate tables and score files that others published. */
export function ImportButton({ onImported }: ImportButtonProps) {
  const { session, cache } = useApp();
  const input = useRef<HTMLInputElement>(null);
  const [error, setError] = useState<WireError>();

  async function read(file: File): Promise<void> {
    setError(undefined);
    try {
      const origin = await session.scores.importFile({ name: file.name, text: await file.text() });
      const table = origin && cache.value(originKey(origin.id))?.tables[0];
      if (origin && table) onImported(`${origin.id}:${table.info.id}`);
    } catch (failure) {
      setError(toWireError(failure));
    }
  }

  return (
    <>
      <input
        ref={input}
        type="file"
        className="hs-visually-hidden"
        tabIndex={-1}
        aria-label="File of head scores"
        accept=".tsv,.csv,.txt,.json"
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          // The same file again is a change too.
          event.target.value = '';
          if (file) void read(file);
        }}
      />
      <Button
        small
        title="Gate tables of DuoAttention (.tsv) and score files of Retrieval_Head (.json)"
        onClick={() => input.current?.click()}
      >
        Import a file…
      </Button>
      {error && <Message bad text={error.message} hint={error.hint} />}
    </>
  );
}
