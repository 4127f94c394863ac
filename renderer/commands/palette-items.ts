import { formatHead, parseHead, type HeadId } from '../../shared/model/head-id.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import type { AppServices } from '../app/app-context.ts';
import { pinToken, selectHead } from '../state/edits.ts';
import type { AppState } from '../state/store.ts';
import { headOf, headRange } from './head-commands.ts';
import { COMMANDS, isPossible } from './registry.ts';

export interface PaletteItem {
  readonly id: string;
  readonly group: 'Head' | 'Token' | 'Command';
  readonly label: string;
  readonly detail: string;
  readonly keys?: string | undefined;
  /** Undefined: only said, not to be chosen. */
  readonly run?: (services: AppServices) => void;
}

const MOST_TOKENS = 12;
const MOST_HEADS = 32;

/** What the palette offers for a query: a head by its name or its layer, tokens by text or index, commands by words. */
export function paletteItems(query: string, state: AppState, tokens: readonly TokenView[]): readonly PaletteItem[] {
  const wanted = query.trim().toLowerCase();
  return [...headItems(wanted, state), ...tokenItems(wanted, tokens), ...commandItems(wanted, state)];
}

function headItems(wanted: string, state: AppState): readonly PaletteItem[] {
  const named = parseHead(wanted);
  if (!state.model.info) return [];
  if (!named) return headsOfLayer(wanted, state);
  const head = headOf(state, wanted);
  if (!head) {
    return [{ id: 'head', group: 'Head', label: `No head ${formatHead(named)}`, detail: headRange(state) }];
  }
  return [goTo(head)];
}

/** `L2` or `l2h`, on the way to a full name. */
function headsOfLayer(wanted: string, state: AppState): readonly PaletteItem[] {
  const layer = Number(/^l(\d{1,4})h?$/.exec(wanted)?.[1] ?? NaN);
  const info = state.model.info;
  if (!info || Number.isNaN(layer)) return [];
  if (layer >= info.layers)
    return [{ id: 'head', group: 'Head', label: `No layer L${layer}`, detail: headRange(state) }];
  return Array.from({ length: Math.min(info.heads, MOST_HEADS) }, (_, head) => goTo({ layer, head }));
}

function goTo(head: HeadId): PaletteItem {
  const name = formatHead(head);
  return {
    id: `head-${name}`,
    group: 'Head',
    label: `Go to ${name}`,
    detail: 'select this head',
    run: ({ store }) => selectHead(store, head),
  };
}

function tokenItems(wanted: string, tokens: readonly TokenView[]): readonly PaletteItem[] {
  const text = wanted.replace(/^#/, '');
  if (text === '') return [];
  const items: PaletteItem[] = [];
  for (const [index, token] of tokens.entries()) {
    const isIndex = String(index) === text;
    if (!isIndex && (wanted.startsWith('#') || !token.text.toLowerCase().includes(text))) continue;
    items.push({
      id: `token-${index}`,
      group: 'Token',
      label: token.display,
      detail: `token ${index}, pin it`,
      run: ({ store }) => pinToken(store, index),
    });
    if (items.length === MOST_TOKENS) break;
  }
  return items;
}

function commandItems(wanted: string, state: AppState): readonly PaletteItem[] {
  const words = wanted.split(/\s+/);
  return COMMANDS.filter((command) => isPossible(command, state))
    .filter(({ label, group, id }) => words.every((word) => `${label} ${group} ${id}`.toLowerCase().includes(word)))
    .map((command) => ({
      id: command.id,
      group: 'Command',
      label: command.label,
      detail: command.group,
      keys: command.keys?.[0],
      run: (services) => command.run(services),
    }));
}
