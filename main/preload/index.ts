/** Runs in the page's sandbox before it, with the two Electron modules that are left there. */
import { contextBridge, ipcRenderer } from 'electron';
import { createBridge } from './bridge.ts';

contextBridge.exposeInMainWorld('headscope', createBridge(ipcRenderer, process.platform));
