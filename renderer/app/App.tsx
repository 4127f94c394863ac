import { CommandPalette } from '../commands/CommandPalette.tsx';
import { HelpDialog } from '../commands/HelpDialog.tsx';
import { useHotkeys } from '../commands/use-hotkeys.ts';
import { ConnectionScreen } from './ConnectionScreen.tsx';
import { FolderDialog } from './FolderDialog.tsx';
import { ModelDialog } from './ModelDialog.tsx';
import { Notices } from './Notices.tsx';
import { FigureDialog } from '../figures/FigureDialog.tsx';
import { ProbeDialog } from '../scores/ProbeDialog.tsx';
import { ScoreDialog } from '../scores/ScoreDialog.tsx';
import { SessionDialog } from '../session-file/SessionDialog.tsx';
import { useCloseGuard } from '../session-file/use-close-guard.ts';
import { UnsavedDialog } from '../session-file/UnsavedDialog.tsx';
import { useSessionDrop } from '../session-file/use-session-drop.ts';
import { TopBar } from './TopBar.tsx';
import { useAppState } from './use-app-state.ts';
import { Workspace } from './Workspace.tsx';

export function App() {
  useHotkeys();
  useCloseGuard();
  useSessionDrop();
  const status = useAppState(({ host }) => host.connection.status);
  // What keeps places of its own starts anew with each session that is opened.
  const generation = useAppState(({ file }) => file.generation);
  const dialog = useAppState(({ ui }) => ui.dialog);

  if (status === 'bad-token' || status === 'busy' || status === 'taken-over') {
    return <ConnectionScreen status={status} />;
  }
  return (
    <div className="hs-app">
      <TopBar />
      <Notices />
      <Workspace key={generation} />
      {dialog === 'palette' && <CommandPalette />}
      {dialog === 'help' && <HelpDialog />}
      {dialog === 'models' && <ModelDialog />}
      {dialog === 'folder' && <FolderDialog />}
      {dialog === 'figure' && <FigureDialog />}
      {dialog === 'unsaved' && <UnsavedDialog />}
      {dialog === 'session' && <SessionDialog />}
      {dialog === 'scores' && <ScoreDialog />}
      {dialog === 'probe' && <ProbeDialog />}
    </div>
  );
}
