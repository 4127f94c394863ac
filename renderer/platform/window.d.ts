import type { DesktopBridge } from '../../shared/contract/desktop-bridge.ts';

declare global {
  interface Window {
    /** Present in the desktop window only. */
    readonly headscope?: DesktopBridge;
  }
}
