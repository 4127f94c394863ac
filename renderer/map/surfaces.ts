/** Which surface draws: one of each kind for the whole page, since browsers allow few contexts on the graphics card. */
import { useSyncExternalStore } from 'react';
import type { Drawing } from '../state/view-state.ts';
import { CanvasSurface } from './canvas-surface.ts';
import type { TileSurface } from './tile-surface.ts';
import { WebglSurface } from './webgl-surface.ts';

const canvas = new CanvasSurface();
const onCard = new Map<boolean, WebglSurface | undefined>();
const listeners = new Set<() => void>();
let version = 0;

function webgl(software: boolean): WebglSurface | undefined {
  if (!onCard.has(software)) {
    const onChange = () => {
      version++;
      for (const listener of [...listeners]) listener();
    };
    onCard.set(software, WebglSurface.create({ software, onChange }));
  }
  const surface = onCard.get(software);
  return surface?.usable ? surface : undefined;
}

/** `auto`: the graphics card where there is a real one. */
export function surfaceFor(drawing: Drawing): TileSurface {
  return (drawing === 'canvas' ? undefined : webgl(drawing === 'webgl')) ?? canvas;
}

/** Changes when a context was lost or came back: what was drawn must be drawn again. */
export function useSurfaceVersion(): number {
  return useSyncExternalStore(subscribe, () => version);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
