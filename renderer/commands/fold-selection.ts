import type { AppServices } from '../app/app-context.ts';
import { summaryKey } from '../engine/data-keys.ts';
import { nameOfSpan } from '../map/words.ts';
import { foldTokens } from '../state/edits.ts';
import { patch } from '../state/store.ts';

/** Folds what is selected: text in the prompt's tokens, else the keys of the rectangle on the map. */
export function foldSelection({ store, cache }: AppServices): void {
  const { run, view } = store.getState();
  const { clean } = run;
  if (!clean) return;
  const summary = cache.get(summaryKey(clean.key));
  const brush = view.brush?.of === clean.key ? view.brush.region : undefined;
  const span =
    selectedTokens(document.getSelection(), clean.tokens) ?? (brush && { start: brush.keyStart, end: brush.keyEnd });
  if (!span || summary?.status !== 'ready') {
    const text = 'Select tokens in the prompt with the mouse, or a rectangle on the map, then fold them.';
    patch(store, 'ui', { notice: { tone: 'info', text } });
    return;
  }
  foldTokens(store, span.start, span.end, nameOfSpan(span.start, span.end, summary.value.tokens));
}

/** Tokens of the prompt's strip that are selected as text; undefined without any. */
export function selectedTokens(
  selection: Selection | null,
  tokens: number,
): { readonly start: number; readonly end: number } | undefined {
  if (!selection || selection.isCollapsed) return undefined;
  const indexOf = (node: Node | null): number | undefined => {
    const element = node instanceof Element ? node : node?.parentElement;
    const text = element?.closest<HTMLElement>('[data-token]')?.dataset['token'];
    return text === undefined ? undefined : Number(text);
  };
  const [anchor, focus] = [indexOf(selection.anchorNode), indexOf(selection.focusNode)];
  if (anchor === undefined || focus === undefined) return undefined;
  const [start, last] = [Math.min(anchor, focus), Math.max(anchor, focus)];
  return last < tokens ? { start, end: last + 1 } : undefined;
}
