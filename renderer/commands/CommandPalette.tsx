import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { classNames } from '../base/class-names.ts';
import { Dialog } from '../components/Dialog.tsx';
import { Keys } from '../components/Keys.tsx';
import { summaryKey } from '../engine/data-keys.ts';
import { patch } from '../state/store.ts';
import { paletteItems, type PaletteItem } from './palette-items.ts';

/** One field for everything with a name: heads, tokens, commands. */
export function CommandPalette() {
  const services = useApp();
  const { store } = services;
  const clean = useAppState(({ run }) => run.clean);
  const summary = useData(clean && summaryKey(clean.key));
  const isMac = useAppState(({ host }) => host.platform === 'darwin');
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const listId = useId();

  const items = useMemo(
    // What is possible is read once: the palette is modal, so nothing changes behind it but a finished run.
    () => paletteItems(query, store.getState(), summary?.status === 'ready' ? summary.value.tokens : []),
    [query, store, summary],
  );
  const at = Math.min(active, items.length - 1);

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [at, items]);

  const close = () => patch(store, 'ui', { dialog: undefined });

  function choose(item: PaletteItem | undefined): void {
    if (!item?.run) return;
    close();
    item.run(services);
  }

  function onKeyDown(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setActive(Math.max(0, Math.min(items.length - 1, at + step)));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      choose(items[at]);
    }
  }

  return (
    <Dialog title="Search" onClose={close}>
      <div className="hs-palette">
        <input
          className="hs-field hs-palette__query"
          data-autofocus
          role="combobox"
          aria-label="Head, token or command"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={items[at] ? `${listId}-${at}` : undefined}
          placeholder="L2H5, a token, or a command"
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div className="hs-options hs-palette__list" role="listbox" id={listId} aria-label="Results" ref={list}>
        {items.map((item, index) => (
          <div
            key={item.id}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={index === at}
            aria-disabled={item.run === undefined}
            className={classNames('hs-options__item', index === at && 'hs-options__item--active')}
            onPointerMove={() => setActive(index)}
            onClick={() => choose(item)}
          >
            <span className={item.group === 'Token' ? 'hs-mono' : undefined}>{item.label}</span>
            {item.keys === undefined ? (
              <span className="hs-options__detail">{item.detail}</span>
            ) : (
              <Keys keys={item.keys} isMac={isMac} />
            )}
          </div>
        ))}
      </div>
      {items.length === 0 && <p className="hs-folder__empty">Nothing has that name.</p>}
    </Dialog>
  );
}
