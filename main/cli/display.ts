import type { Environment } from '../files/user-folders.ts';

/** Whether a window can be shown. Only Linux runs without a display as a matter of course. */
export function hasDisplay(environment: Environment = process.env, platform: string = process.platform): boolean {
  if (platform === 'darwin' || platform === 'win32') return true;
  return [environment['DISPLAY'], environment['WAYLAND_DISPLAY']].some((value) => value !== undefined && value !== '');
}
