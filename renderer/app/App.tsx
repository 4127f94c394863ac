import { CommandPalette } from '../commands/CommandPalette.tsx';
import { HelpDialog } from '../commands/HelpDialog.tsx';
import { useHotkeys } from '../commands/use-hotkeys.ts';
import { ConnectionScreen } from './ConnectionScreen.tsx';
import { FolderDialog } from './FolderDialog.tsx';
import { ModelDialog } from './ModelDialog.tsx';
import { Notices } from './Notices.tsx';
import { TopBar } from './TopBar.tsx';
import { useAppState } from './use-app-state.ts';
import { Workspace } from './Workspace.tsx';

export function App() {
  useHotkeys();
  const status = useAppState(({ host }) => host.connection.status);
  const dialog = useAppState(({ ui }) => ui.dialog);

  if (status === 'bad-token' || status === 'busy' || status === 'taken-over') {
    return <ConnectionScreen status={status} />;
  }
  return (
    <div className="hs-app">
      <TopBar />
      <Notices />
      <Workspace />
      {dialog === 'palette' && <CommandPalette />}
      {dialog === 'help' && <HelpDialog />}
      {dialog === 'models' && <ModelDialog />}
      {dialog === 'folder' && <FolderDialog />}
    </div>
  );
}
