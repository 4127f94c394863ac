import { useApp } from './app-context.ts';
import { useAppState } from './use-app-state.ts';
import { formatCount, plural } from '../../shared/view/format.ts';
import { Button } from '../components/Button.tsx';
import { Keys } from '../components/Keys.tsx';
import { Segmented } from '../components/Segmented.tsx';
import { runCommand } from '../commands/registry.ts';
import { patch } from '../state/store.ts';
import { SessionButton } from '../session-file/SessionButton.tsx';
import { RunControl } from './RunControl.tsx';

const PANEL_BUTTONS = [
  { command: 'view.togglePromptPanel', sign: '◧', label: 'Show or hide the prompt panel' },
  { command: 'view.toggleDock', sign: '⬓', label: 'Show or hide the dock' },
  { command: 'view.toggleHeadsPanel', sign: '◨', label: 'Show or hide the heads panel' },
];

export function TopBar() {
  const services = useApp();
  const { store } = services;
  const info = useAppState(({ model }) => model.info);
  const opening = useAppState(({ model }) => model.opening);
  const shown = useAppState(({ view }) => (view.split ? 'both' : view.shown));
  const changed = useAppState(({ run }) => run.changed);
  const isMac = useAppState(({ host }) => host.platform === 'darwin');

  return (
    <header className="hs-top">
      <h1 className="hs-top__name">Headscope</h1>
      <Button
        className="hs-top__model"
        aria-haspopup="dialog"
        title={info ? `${info.architecture}, ${info.path}` : 'Choose a model'}
        onClick={() => runCommand(services, 'model.chooseModel')}
      >
        <strong>{opening ? 'Opening…' : (info?.name ?? 'Choose a model')}</strong>
        {info && !opening && (
          <span className="hs-dim hs-ellipsis">
            {info.layers} layers × {info.heads} heads, {info.kvHeads} KV · context {formatCount(info.context)}
          </span>
        )}
        {info && info.warnings.length > 0 && (
          <span className="hs-top__warnings" title={info.warnings.join('\n')}>
            {plural(info.warnings.length, 'warning')}
          </span>
        )}
        <span aria-hidden="true">▾</span>
      </Button>
      <SessionButton />
      {changed && (
        <div className="hs-top__shown">
          <span className="hs-dim hs-small">Map and atlas</span>
          <Segmented
            label="Run that map and atlas show"
            value={shown}
            onChange={(next) =>
              patch(store, 'view', next === 'both' ? { split: true, shown: 'changed' } : { split: false, shown: next })
            }
            options={[
              { value: 'clean', label: 'Clean' },
              { value: 'changed', label: 'Ablated' },
              { value: 'both', label: 'Both', title: 'Before and after side by side (Shift C)' },
            ]}
          />
        </div>
      )}
      <button
        type="button"
        className="hs-top__search"
        aria-haspopup="dialog"
        onClick={() => runCommand(services, 'view.openPalette')}
      >
        <span className="hs-ellipsis">Search heads, tokens, commands</span>
        <Keys keys="mod+k" isMac={isMac} />
      </button>
      <RunControl />
      <div className="hs-top__end">
        {PANEL_BUTTONS.map(({ command, sign, label }) => (
          <Button key={command} look="quiet" icon aria-label={label} onClick={() => runCommand(services, command)}>
            {sign}
          </Button>
        ))}
        <Button
          look="quiet"
          icon
          aria-label="Export a figure"
          aria-haspopup="dialog"
          onClick={() => runCommand(services, 'figure.export')}
        >
          ⤓
        </Button>
        <Button
          look="quiet"
          icon
          aria-label="Switch between light and dark"
          onClick={() => runCommand(services, 'view.toggleTheme')}
        >
          ◐
        </Button>
        <Button look="quiet" icon aria-label="Keys and commands" onClick={() => runCommand(services, 'help.showKeys')}>
          ?
        </Button>
      </div>
    </header>
  );
}
