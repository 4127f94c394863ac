import { useEffect, useRef, useState, type SubmitEvent } from 'react';
import { CancelledError, toWireError, type WireError } from '../../shared/base/app-error.ts';
import type { ResultOf } from '../../shared/contract/methods.ts';
import { useApp } from './app-context.ts';
import { Button } from '../components/Button.tsx';
import { Dialog } from '../components/Dialog.tsx';
import { Message } from '../components/Message.tsx';
import { patch } from '../state/store.ts';

type Listing = ResultOf<'shell.browse'>;

/** Walks the folders of the host's machine, where the shell has no dialog of the system. A path can be typed as well. */
export function FolderDialog() {
  const { store, session } = useApp();
  const [wanted, setWanted] = useState<string | undefined>(undefined);
  const [listing, setListing] = useState<Listing | undefined>(undefined);
  const [error, setError] = useState<WireError | undefined>(undefined);
  const [typed, setTyped] = useState('');
  const list = useRef<HTMLDivElement>(null);
  const close = () => patch(store, 'ui', { dialog: undefined });

  useEffect(() => {
    const controller = new AbortController();
    session.browse(wanted, controller.signal).then(
      (next) => {
        setListing(next);
        setTyped(next.path);
        setError(undefined);
        list.current?.scrollTo({ top: 0 });
      },
      (failure: unknown) => {
        if (!(failure instanceof CancelledError)) setError(toWireError(failure));
      },
    );
    return () => controller.abort();
  }, [session, wanted]);

  function open(path: string): void {
    close();
    void session.openModel(path);
  }

  function onSubmit(event: SubmitEvent): void {
    event.preventDefault();
    if (typed.trim() !== '') open(typed.trim());
  }

  return (
    <Dialog title="Open a model folder" onClose={close}>
      <form className="hs-folder__path" onSubmit={onSubmit}>
        <label className="hs-visually-hidden" htmlFor="folder-path">
          Path of the folder
        </label>
        <input
          id="folder-path"
          data-autofocus
          className="hs-field hs-mono"
          value={typed}
          spellCheck={false}
          placeholder="/path/to/a/model"
          onChange={(event) => setTyped(event.target.value)}
        />
        <Button onClick={() => setWanted(typed.trim())}>Look inside</Button>
        <Button look="primary" onClick={() => typed.trim() !== '' && open(typed.trim())}>
          Open
        </Button>
      </form>
      {error && (
        <div className="hs-folder__error">
          <Message bad text={error.message} hint={error.hint}>
            <Button small onClick={() => setWanted(undefined)}>
              Back to the first folder
            </Button>
          </Message>
        </div>
      )}
      <div className="hs-options hs-folder__list" ref={list} aria-busy={listing === undefined && !error}>
        {listing && listing.parent !== null && (
          <button type="button" className="hs-options__item" onClick={() => setWanted(listing.parent ?? undefined)}>
            <span>..</span>
            <span className="hs-options__detail">up to {listing.parent}</span>
          </button>
        )}
        {listing?.folders.map((folder) => (
          <button
            key={folder.path}
            type="button"
            className="hs-options__item"
            onClick={() => (folder.isModel ? open(folder.path) : setWanted(folder.path))}
          >
            <span>{folder.name}</span>
            <span className="hs-options__detail">{folder.isModel ? 'model, open' : 'look inside'}</span>
          </button>
        ))}
        {listing?.folders.length === 0 && <p className="hs-folder__empty">No folders in here.</p>}
      </div>
    </Dialog>
  );
}
