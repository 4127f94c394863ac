import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Dialog } from '../components/Dialog.tsx';
import { Keys } from '../components/Keys.tsx';
import { patch } from '../state/store.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './registry.ts';

const GROUPS: readonly Command['group'][] = ['Prompt', 'Heads', 'Interventions', 'View', 'Model', 'Help'];

/** Every command that has a key; the others are found in the search. */
export function HelpDialog() {
  const { store } = useApp();
  const isMac = useAppState(({ host }) => host.platform === 'darwin');
  return (
    <Dialog title="Keys and commands" onClose={() => patch(store, 'ui', { dialog: undefined })}>
      <div className="hs-help">
        {GROUPS.map((group) => (
          <section key={group} aria-label={group}>
            <h3 className="hs-options__group">{group}</h3>
            <dl>
              {COMMANDS.filter((command) => command.group === group && command.keys).map((command) => (
                <div key={command.id} className="hs-help__row">
                  <dt>{command.label}</dt>
                  <dd>
                    {command.keys?.map((keys) => (
                      <Keys key={keys} keys={keys} isMac={isMac} />
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <p className="hs-help__note">
          With the atlas in focus the arrow keys move the selected head. On the token strip they move from token to
          token, and Enter pins. In the list of interventions Alt with arrow up or down moves the entry in focus, and
          copy and paste take entries out and in as text. All other commands are in the search.
        </p>
      </div>
    </Dialog>
  );
}
