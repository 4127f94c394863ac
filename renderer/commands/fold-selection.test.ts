import { afterEach, describe, expect, it } from 'vitest';
import { selectedTokens } from './fold-selection.ts';

afterEach(() => {
  document.getSelection()?.removeAllRanges();
});

function select(from: number, to: number): Selection {
  document.body.innerHTML =
    '<p>x</p>' + Array.from({ length: 6 }, (_, index) => `<span data-token="${index}">t${index}</span>`).join('');
  const text = (index: number) => document.querySelector(`[data-token="${index}"]`)!.firstChild!;
  const selection = document.getSelection()!;
  selection.setBaseAndExtent(text(from), 0, text(to), 1);
  return selection;
}

describe('selected tokens', () => {
  it('are those from the first to the last, whichever way they were selected', () => {
    expect(selectedTokens(select(1, 4), 6)).toEqual({ start: 1, end: 5 });
    expect(selectedTokens(select(4, 1), 6)).toEqual({ start: 1, end: 5 });
  });

  it('are none without a selection, elsewhere, or past the end of the prompt', () => {
    expect(selectedTokens(null, 6)).toBeUndefined();
    expect(selectedTokens(select(1, 4), 4)).toBeUndefined();
    const selection = select(1, 2);
    selection.selectAllChildren(document.querySelector('p')!);
    expect(selectedTokens(selection, 6)).toBeUndefined();
  });
});
