import type { Frame } from './frames.ts';

/** What the desktop's preload script gives the page as `window.headscope`. Absent in a browser. */
export interface DesktopBridge {
  send(frame: Frame): void;
  /** The connection opens with the first listener and closes with the last; typed arrays arrive as such. */
  onFrame(listener: (frame: Frame) => void): () => void;
  /** Where a `File` lies that the user dropped on the page, which may then be opened; empty for one made by the page. */
  pathOfFile(file: object): string;
  /** `linux`, `darwin`, `win32`. */
  readonly platform: string;
}
