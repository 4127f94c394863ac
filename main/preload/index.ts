/** Runs in the page's sandbox before it, with the few Electron modules that are left there. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { createBridge } from './bridge.ts';

contextBridge.exposeInMainWorld(
  'headscope',
  createBridge(ipcRenderer, process.platform, (file) => webUtils.getPathForFile(file as File)),
);
