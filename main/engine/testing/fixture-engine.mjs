/** A child process that speaks the protocol by hand: the supervisor's and transport's test against real processes. */
const tell = (frame) => process.send(frame);

process.on('disconnect', () => process.exit(0));
process.on('message', (frame) => {
  if (frame.type !== 'request') return;
  const { id, method, params } = frame;
  if (method === 'run.estimate' && params.tokens === 13) process.exit(70);
  if (method === 'run.estimate' && params.tokens === 14) for (;;); // deaf to everything, as a native call is
  if (method === 'run.estimate') {
    tell({ type: 'result', id, result: { tokens: params.tokens, milliseconds: process.pid, bytes: 0, fits: true } });
  }
  if (method === 'run.tile')
    tell({ type: 'result', id, result: { values: new Float32Array(65_536), min: NaN, max: 1 } });
});
tell({ type: 'event', event: 'engine.ready', data: { afterExit: false } });
