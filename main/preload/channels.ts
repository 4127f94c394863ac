/** Names of the messages between the preload script and Electron's main process. */
export const CHANNELS = {
  /** Page to host: a listener is there, greet it. A connection that was open before ends. */
  open: 'headscope:open',
  /** Page to host: nobody listens any more. */
  close: 'headscope:close',
  /** Both ways: one frame. */
  frame: 'headscope:frame',
  /** Preload to host: the path of a file that the user dropped on the page. */
  dropped: 'headscope:dropped',
} as const;
