import { useEffect, useRef, useState, type SubmitEvent } from 'react';
import { CancelledError, toWireError, type WireError } from '../../shared/base/app-error.ts';
import type { ResultOf, SessionFile } from '../../shared/contract/methods.ts';
import { formatBytes } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Button } from '../components/Button.tsx';
import { Dialog } from '../components/Dialog.tsx';
import { Message } from '../components/Message.tsx';
import { ProgressBar } from '../components/ProgressBar.tsx';
import { Switch } from '../components/Switch.tsx';
import { saveBlob } from '../platform/save-blob.ts';
import { patch } from '../state/store.ts';
import { formatTime } from './format-time.ts';
import { SESSION_EXTENSION } from './use-session-drop.ts';
import { tensorBytes } from './tensor-bytes.ts';

type Listing = ResultOf<'session.browse'>;

/** Everything about the session as a file: where it is saved and with what, and which others can be opened. */
export function SessionDialog() {
  const { store, session, transfer } = useApp();
  const upload = useRef<HTMLInputElement>(null);
  const file = useAppState((state) => state.file);
  const isDesktop = useAppState(({ host }) => host.shell === 'desktop');
  const hasRun = useAppState(({ run }) => run.clean !== undefined);
  const bytes = useAppState(tensorBytes);
  const [folder, setFolder] = useState<string | undefined>(undefined);
  const [listing, setListing] = useState<Listing | undefined>(undefined);
  const [error, setError] = useState<WireError | undefined>(undefined);
  const [typed, setTyped] = useState<string>();
  const name = typed ?? file.file?.name ?? freeName(listing);
  const isThere = file.error?.details?.['exists'] === true;
  const close = () => patch(store, 'ui', { dialog: undefined });

  useEffect(() => {
    session.files.list().catch(() => undefined);
  }, [session]);
  useEffect(() => {
    const controller = new AbortController();
    session.browseSessions(folder, controller.signal).then(
      (next) => {
        setListing(next);
        setError(undefined);
      },
      (failure: unknown) => {
        if (!(failure instanceof CancelledError)) setError(toWireError(failure));
      },
    );
    return () => controller.abort();
    // A file that was saved is listed at once.
  }, [session, folder, file.file]);

  async function saveAs(replace = false): Promise<void> {
    if (!listing || name.trim() === '') return;
    const separator = listing.path.includes('\\') ? '\\' : '/';
    const path = isDesktop
      ? await session.pickSessionFile('save', name.trim())
      : `${listing.path.replace(/[\\/]$/, '')}${separator}${name.trim()}`;
    if (path !== undefined && (await session.files.save(path, replace))) close();
  }

  function onSubmit(event: SubmitEvent): void {
    event.preventDefault();
    void saveAs();
  }

  async function save(): Promise<void> {
    if (await session.files.save()) close();
  }

  function open(path: string): void {
    close();
    void session.openSession(path);
  }

  async function take(file: File | undefined): Promise<void> {
    if (!file) return;
    try {
      open(await transfer.send(file));
    } catch (failure) {
      setError(toWireError(failure));
    }
  }

  async function download({ path, name: title }: SessionFile): Promise<void> {
    try {
      const blob = await transfer.fetch?.(path);
      if (blob) saveBlob(blob, title);
    } catch (failure) {
      patch(store, 'file', { error: toWireError(failure) });
    }
  }

  async function pick(): Promise<void> {
    const path = await session.pickSessionFile('open', '');
    if (path !== undefined) open(path);
  }

  return (
    <Dialog title="Session" onClose={close}>
      <div className="hs-session">
        <form className="hs-session__save" onSubmit={onSubmit}>
          <h3 className="hs-session__title">Save</h3>
          {file.file && (
            <p className="hs-dim">
              {file.file.path} · {formatBytes(file.file.bytes)} · saved {formatTime(file.file.savedAt)}
              {file.dirty && ' · changed since'}{' '}
              {transfer.fetch && (
                <Button small look="quiet" onClick={() => file.file && void download(file.file)}>
                  Download
                </Button>
              )}
            </p>
          )}
          <div className="hs-session__row">
            <label htmlFor="session-name">Name</label>
            <input
              id="session-name"
              data-autofocus
              className="hs-field hs-mono"
              value={name}
              spellCheck={false}
              onChange={(event) => {
                setTyped(event.target.value);
                if (file.error) patch(store, 'file', { error: undefined });
              }}
            />
            <Button
              look={file.file ? 'plain' : 'primary'}
              disabled={file.job !== undefined}
              onClick={() => void saveAs()}
            >
              {isDesktop ? 'Save as…' : file.file ? 'Save here' : 'Save'}
            </Button>
            {file.file && (
              <Button look="primary" disabled={file.job !== undefined} onClick={() => void save()}>
                Save
              </Button>
            )}
          </div>
          {!isDesktop && listing && (
            <p className="hs-dim hs-small hs-ellipsis" title={listing.path}>
              In {listing.path}
            </p>
          )}
          <Switch
            label={`Include tensors${bytes === undefined ? '' : ` (${formatBytes(bytes)})`}`}
            checked={file.tensors}
            disabled={!hasRun}
            title="Q, K and LSE of all layers: every map can then be zoomed to its cells without the model. Without them the file holds 8-bit overviews of the heads that were looked at."
            onChange={(tensors) => patch(store, 'file', { tensors })}
          />
          {file.job?.kind === 'save' && (
            <div className="hs-session__row">
              <ProgressBar label="Saving" progress={file.job.progress} />
              <Button small onClick={() => session.files.cancel()}>
                Cancel
              </Button>
            </div>
          )}
          {file.error && (
            <Message bad text={file.error.message} hint={file.error.hint}>
              {isThere && (
                <Button small onClick={() => void saveAs(true)}>
                  Replace it
                </Button>
              )}
            </Message>
          )}
        </form>

        <h3 className="hs-session__title">Open</h3>
        <div className="hs-options hs-session__list" aria-busy={listing === undefined && !error}>
          {file.recoverable.length > 0 && (
            <div role="group" aria-label="Unsaved work">
              <p className="hs-options__group">Unsaved work of a window that ended</p>
              {file.recoverable.map(({ id, name: title, savedAt }) => (
                <div key={id} className="hs-session__recover">
                  <button
                    type="button"
                    className="hs-options__item"
                    onClick={() => {
                      close();
                      void session.recoverSession(id);
                    }}
                  >
                    <span>{title}</span>
                    <span className="hs-options__detail">recover, from {formatTime(savedAt)}</span>
                  </button>
                  <Button small look="quiet" onClick={() => void session.files.discard(id)}>
                    Discard
                  </Button>
                </div>
              ))}
            </div>
          )}
          {file.recent.length > 0 && (
            <div role="group" aria-label="Recent">
              <p className="hs-options__group">Recent</p>
              {file.recent.map((recent) => (
                <Item key={recent.path} file={recent} onOpen={() => open(recent.path)} />
              ))}
            </div>
          )}
          {!isDesktop && (
            <div role="group" aria-label="From this machine">
              <p className="hs-options__group">From this machine</p>
              <button type="button" className="hs-options__item" onClick={() => upload.current?.click()}>
                <span>Upload a session file…</span>
                <span className="hs-options__detail">or drop it on the window</span>
              </button>
              <input
                ref={upload}
                type="file"
                hidden
                accept={SESSION_EXTENSION}
                onChange={(event) => void take(event.target.files?.[0])}
              />
            </div>
          )}
          {isDesktop ? (
            <div role="group" aria-label="Other">
              <p className="hs-options__group">Other</p>
              <button type="button" className="hs-options__item" onClick={() => void pick()}>
                <span>Open file…</span>
              </button>
            </div>
          ) : (
            <div role="group" aria-label="On the host">
              <p className="hs-options__group">{listing ? `In ${listing.path}` : 'On the host'}</p>
              {error && <Message bad text={error.message} hint={error.hint} />}
              {listing && listing.parent !== null && (
                <button
                  type="button"
                  className="hs-options__item"
                  onClick={() => setFolder(listing.parent ?? undefined)}
                >
                  <span>..</span>
                  <span className="hs-options__detail">up to {listing.parent}</span>
                </button>
              )}
              {listing?.folders.map(({ path, name: title }) => (
                <button key={path} type="button" className="hs-options__item" onClick={() => setFolder(path)}>
                  <span>{title}</span>
                  <span className="hs-options__detail">look inside</span>
                </button>
              ))}
              {listing?.files.map((found) => (
                <Item key={found.path} file={found} onOpen={() => open(found.path)} />
              ))}
              {listing?.folders.length === 0 && listing.files.length === 0 && (
                <p className="hs-folder__empty">No session files in here.</p>
              )}
            </div>
          )}
        </div>
      </div>
    </Dialog>
  );
}

interface ItemProps {
  readonly file: Listing['files'][number];
  readonly onOpen: () => void;
}

function Item({ file, onOpen }: ItemProps) {
  return (
    <button type="button" className="hs-options__item" title={file.path} onClick={onOpen}>
      <span>{file.name}</span>
      <span className="hs-options__detail">
        {formatBytes(file.bytes)} · {formatTime(file.savedAt)}
      </span>
    </button>
  );
}

/** `session.headscope`, with a number where there is one already. */
function freeName(listing: Listing | undefined): string {
  const taken = new Set(listing?.files.map(({ name }) => name));
  for (let number = 1; ; number++) {
    const name = `session${number === 1 ? '' : ` ${number}`}${SESSION_EXTENSION}`;
    if (!taken.has(name)) return name;
  }
}
