import { useLayoutEffect, useState, type RefObject } from 'react';
import type { SizePx } from './viewport.ts';

/** Content size of an element in whole CSS pixels, kept current; undefined before the first layout. */
export function useElementSize(element: RefObject<HTMLElement | null>): SizePx | undefined {
  const [size, setSize] = useState<SizePx>();
  useLayoutEffect(() => {
    const target = element.current;
    if (!target) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (!entry) return;
      const next = { width: Math.floor(entry.contentRect.width), height: Math.floor(entry.contentRect.height) };
      setSize((before) => (before?.width === next.width && before.height === next.height ? before : next));
    });
    observer.observe(target);
    return () => {
      observer.disconnect();
    };
  }, [element]);
  return size;
}
