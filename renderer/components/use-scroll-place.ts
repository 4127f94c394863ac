import { useLayoutEffect, useRef, type RefObject, type UIEvent } from 'react';

/** For a box that shows one of several things: each is found where it was left, at first at its top. */
export function useScrollPlace(shown: string): {
  readonly ref: RefObject<HTMLDivElement | null>;
  readonly onScroll: (event: UIEvent<HTMLDivElement>) => void;
} {
  const ref = useRef<HTMLDivElement>(null);
  const places = useRef(new Map<string, number>());
  useLayoutEffect(() => {
    if (ref.current) ref.current.scrollTop = places.current.get(shown) ?? 0;
  }, [shown]);
  return {
    ref,
    onScroll: ({ target, currentTarget }) => {
      // Boxes inside scroll too.
      if (target === currentTarget) places.current.set(shown, currentTarget.scrollTop);
    },
  };
}
