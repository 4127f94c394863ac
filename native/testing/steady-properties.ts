/**
 * Set up before every test file. Property tests draw other cases in every run, so that they go on searching while one
 * works; in continuous integration they draw the same ones, because a failure there must be one of the change that is
 * tested. A counterexample that a run prints belongs into its test as a case of its own.
 */
if (process.env['CI'] !== undefined) {
  const { configureGlobal } = await import('fast-check');
  configureGlobal({ seed: 20_260_101 });
}

export {};
