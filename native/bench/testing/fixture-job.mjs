/** A measuring process that does what its job's folder names. */
process.once('message', ({ folder }) => {
  switch (folder) {
    case 'answer':
      process.send({ type: 'progress', progress: { phase: 'half', done: 1, total: 2, etaMs: null } });
      process.send({ type: 'result', result: { notRun: 'Fixture.' } }, () => process.exit(0));
      break;
    case 'refuse':
      process.send({ type: 'error', error: { code: 'weights-corrupt', message: 'Broken.' } }, () => process.exit(0));
      break;
    case 'die':
      process.exit(9);
      break;
    default:
      setInterval(() => undefined, 1000);
      process.send({ type: 'progress', progress: { phase: 'waiting', done: 0, total: 1, etaMs: null } });
  }
});
