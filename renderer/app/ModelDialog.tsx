import { useEffect } from 'react';
import type { ModelEntry } from '../../shared/contract/methods.ts';
import { useApp } from './app-context.ts';
import { ModelFacts } from './ModelFacts.tsx';
import { useAppState } from './use-app-state.ts';
import { Dialog } from '../components/Dialog.tsx';
import { runCommand } from '../commands/registry.ts';
import { patch } from '../state/store.ts';

const GROUPS: readonly { readonly source: ModelEntry['source']; readonly title: string }[] = [
  { source: 'shipped', title: 'Shipped' },
  { source: 'recent', title: 'Recent' },
  { source: 'hugging-face', title: 'Hugging Face cache' },
];

/** The models that can be opened at once, and the way to any other. */
export function ModelDialog() {
  const services = useApp();
  const { store, session } = services;
  const entries = useAppState(({ model }) => model.entries);
  const info = useAppState(({ model }) => model.info);
  const close = () => patch(store, 'ui', { dialog: undefined });

  useEffect(() => {
    // The cache may have grown since the page was opened; the list as it was is good enough until then.
    session.loadModels().catch(() => undefined);
  }, [session]);

  return (
    <Dialog title="Open a model" onClose={close}>
      <div className="hs-options">
        {GROUPS.map(({ source, title }) => {
          const own = entries.filter((entry) => entry.source === source);
          if (own.length === 0) return null;
          return (
            <div key={source} role="group" aria-label={title}>
              <p className="hs-options__group">{title}</p>
              {own.map((entry) => (
                <button
                  key={entry.path}
                  type="button"
                  className="hs-options__item"
                  data-autofocus={source === 'shipped' || undefined}
                  aria-current={entry.path === info?.path}
                  title={source === 'shipped' ? undefined : entry.path}
                  onClick={() => {
                    close();
                    void session.openModel(entry.path);
                  }}
                >
                  <span>
                    {entry.name}
                    {entry.path === info?.path && <span className="hs-dim"> · open</span>}
                  </span>
                  <span className="hs-options__detail">{entry.detail}</span>
                </button>
              ))}
            </div>
          );
        })}
        <div role="group" aria-label="Other">
          <p className="hs-options__group">Other</p>
          <button
            type="button"
            className="hs-options__item"
            onClick={() => {
              close();
              runCommand(services, 'model.openFolder');
            }}
          >
            <span>Open folder…</span>
            <span className="hs-options__detail">config.json, safetensors, tokenizer.json</span>
          </button>
        </div>
      </div>
      {info && <ModelFacts model={info} />}
    </Dialog>
  );
}
