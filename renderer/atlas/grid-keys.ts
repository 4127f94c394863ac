import type { HeadId } from '../../shared/model/head-id.ts';

interface Press {
  readonly key: string;
  readonly ctrlKey: boolean;
}

/** Where a key leads from the selected head, within the grid; undefined for keys that lead nowhere. */
export function headAfterKey(
  { key, ctrlKey }: Press,
  { layer, head }: HeadId,
  layers: number,
  heads: number,
): HeadId | undefined {
  const clamp = (value: number, count: number) => Math.max(0, Math.min(count - 1, value));
  const moves: Readonly<Record<string, HeadId>> = {
    ArrowLeft: { layer, head: clamp(head - 1, heads) },
    ArrowRight: { layer, head: clamp(head + 1, heads) },
    ArrowUp: { layer: clamp(layer - 1, layers), head },
    ArrowDown: { layer: clamp(layer + 1, layers), head },
    Home: { layer: ctrlKey ? 0 : layer, head: 0 },
    End: { layer: ctrlKey ? layers - 1 : layer, head: heads - 1 },
    PageUp: { layer: 0, head },
    PageDown: { layer: layers - 1, head },
  };
  return moves[key];
}
