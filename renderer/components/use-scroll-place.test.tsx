import { fireEvent, render } from '@testing-library/react';
import { expect, it } from 'vitest';
import { useScrollPlace } from './use-scroll-place.ts';

function Box({ shown }: { readonly shown: string }) {
  return (
    <div {...useScrollPlace(shown)}>
      <p>{shown}</p>
    </div>
  );
}

it('shows a new thing from its top, and an earlier one where it was left', () => {
  const { container, rerender } = render(<Box shown="one" />);
  const box = container.querySelector('div')!;
  const scroll = (target: Element, top: number) => {
    target.scrollTop = top;
    fireEvent.scroll(target);
  };
  scroll(box, 120);
  scroll(box.querySelector('p')!, 7);
  rerender(<Box shown="two" />);
  expect(box.scrollTop).toBe(0);
  scroll(box, 30);
  rerender(<Box shown="one" />);
  expect(box.scrollTop).toBe(120);
  rerender(<Box shown="two" />);
  expect(box.scrollTop).toBe(30);
});
