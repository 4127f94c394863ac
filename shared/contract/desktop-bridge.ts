import type { Frame } from './frames.ts';

/** What the desktop's preload script gives the page as `window.headscope`. Absent in a browser. */
export interface DesktopBridge {
  send(frame: Frame): void;
  /** The connection opens with the first listener and closes with the last; typed arrays arrive as such. */
  onFrame(listener: (frame: Frame) => void): () => void;
  /** `linux`, `darwin`, `win32`. */
  readonly platform: string;
}
