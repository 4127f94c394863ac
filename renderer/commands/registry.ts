import { assert } from '../../shared/base/assert.ts';
import type { AppServices } from '../app/app-context.ts';
import type { AppState } from '../state/store.ts';
import { atlasCommands } from './atlas-commands.ts';
import type { Command } from './command.ts';
import { headCommands } from './head-commands.ts';
import { matchesKeys, type KeyPress } from './keys.ts';
import { mapCommands } from './map-commands.ts';
import { modelCommands } from './model-commands.ts';
import { promptCommands } from './prompt-commands.ts';
import { sessionCommands } from './session-commands.ts';
import { viewCommands } from './view-commands.ts';

export const COMMANDS: readonly Command[] = [
  // First, because Esc goes to the first that is possible: what was drawn last goes first.
  ...mapCommands,
  ...promptCommands,
  ...headCommands,
  ...sessionCommands,
  ...modelCommands,
  ...viewCommands,
  ...atlasCommands,
];

const byId = new Map(COMMANDS.map((command) => [command.id, command]));
assert(byId.size === COMMANDS.length, 'command ids are unique');

export function findCommand(id: string): Command | undefined {
  return byId.get(id);
}

export function isPossible(command: Command, state: AppState): boolean {
  return command.when?.(state) ?? true;
}

/** Runs a command by id where it is possible now. Answers whether it ran. */
export function runCommand(services: AppServices, id: string, argument?: string): boolean {
  const command = findCommand(id);
  if (!command || !isPossible(command, services.store.getState())) return false;
  command.run(services, argument);
  return true;
}

/** The command that a key press means in this state. */
export function commandForPress(
  press: KeyPress,
  state: AppState,
  inField: boolean,
  isMac: boolean,
): Command | undefined {
  return COMMANDS.find(
    (command) =>
      (!inField || command.inFields === true) &&
      (command.keys ?? []).some((keys) => matchesKeys(keys, press, isMac)) &&
      isPossible(command, state),
  );
}
