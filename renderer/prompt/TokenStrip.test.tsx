import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TokenView } from '../../shared/model/token-view.ts';
import { attentionTints, changeTints } from '../../shared/view/prompt/strip-tints.ts';
import { TokenStrip } from './TokenStrip.tsx';

const tokens: readonly TokenView[] = [
  { id: 0, display: '<s>', text: '', start: -1, end: -1, special: true },
  { id: 11, display: 'The', text: 'The', start: 0, end: 3, special: false },
  { id: 12, display: '·ferry⏎', text: ' ferry\n', start: 3, end: 10, special: false },
];

beforeEach(() => {
  // jsdom lays nothing out.
  Element.prototype.scrollIntoView = vi.fn();
  Element.prototype.getClientRects = () => [] as unknown as DOMRectList;
});
afterEach(cleanup);

function show(props: Partial<React.ComponentProps<typeof TokenStrip>> = {}) {
  const onPin = vi.fn();
  const onHover = vi.fn();
  const onSelect = vi.fn();
  render(
    <TokenStrip
      tokens={tokens}
      tints={undefined}
      stale={false}
      pinned={undefined}
      onPin={onPin}
      hover={undefined}
      onHover={onHover}
      selection={undefined}
      onSelect={onSelect}
      {...props}
    />,
  );
  return { onPin, onHover, onSelect };
}

describe('TokenStrip', () => {
  it('shows visible blanks, and index, id and exact text under the pointer', () => {
    const { onHover } = show({ tints: attentionTints(Float32Array.of(0, 0.25, 1)) });
    fireEvent.pointerOver(screen.getByText('·ferry⏎'));
    expect(onHover).toHaveBeenLastCalledWith(2);
    const tip = screen.getByRole('tooltip').textContent;
    expect(tip).toContain('token 2');
    expect(tip).toContain('id 12');
    expect(tip).toContain('" ferry\\n"');
    expect(tip).toContain('p = 1.000');
  });

  it('pins on click', () => {
    const { onPin } = show();
    fireEvent.click(screen.getByText('The'));
    expect(onPin).toHaveBeenCalledWith(1);
  });

  it('is walked with the keyboard', () => {
    const { onPin } = show();
    const strip = screen.getByRole('application');
    fireEvent.keyDown(strip, { key: 'ArrowRight' });
    fireEvent.keyDown(strip, { key: 'ArrowRight' });
    fireEvent.keyDown(strip, { key: 'Enter' });
    expect(onPin).toHaveBeenCalledWith(1);
    expect(screen.getByText('Token 1, The')).toBeTruthy();
  });

  it('selects from the pinned token on with Shift, by pointer and by key, and marks what is selected', () => {
    const { onPin, onSelect } = show({ pinned: 1, selection: { start: 1, end: 3 } });
    fireEvent.click(screen.getByText('·ferry⏎'), { shiftKey: true });
    expect(onSelect).toHaveBeenLastCalledWith({ start: 1, end: 3 });
    fireEvent.keyDown(screen.getByRole('application'), { key: 'ArrowLeft', shiftKey: true });
    expect(onSelect).toHaveBeenLastCalledWith({ start: 0, end: 2 });
    expect(onPin).not.toHaveBeenCalled();
    expect(screen.getByText('The').className).toContain('hs-token--selected');
    expect(document.querySelectorAll('.hs-token--selected')).toHaveLength(2);
  });

  it('tints by sign and marks the pin', () => {
    show({ tints: changeTints(Float32Array.of(NaN, -1, 1)), pinned: 2 });
    expect(screen.getByText('The').className).toContain('hs-token--down');
    const pinned = screen.getByText('·ferry⏎');
    expect(pinned.className).toContain('hs-token--pinned');
    expect(pinned.style.getPropertyValue('--strength')).toBe('1');
    expect(screen.getByText('<s>').style.getPropertyValue('--strength')).toBe('');
  });
});
