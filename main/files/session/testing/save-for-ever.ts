/**
 * The process of the crash test: saves a session of some megabytes again and again until it is killed, as a file or for
 * recovery, and tells after each save which one it was. The test bundles it, because Node runs no TypeScript here.
 */
import { writeSync } from 'node:fs';
import { createAutosave } from '../autosave.ts';
import { saveSessionFile } from '../session-file.ts';
import { SAMPLE_OPTIONS, sampleContent, sampleRun } from './sample-session.ts';

const [what, path, first] = process.argv.slice(2);
const autosave = createAutosave(path!);
let run = sampleRun({ layers: 1, heads: 2, tokens: 1200, viewed: 2 });
// Told synchronously: what was said before the kill arrives.
writeSync(1, 'begin\n');
for (let turn = Number(first); ; turn++) {
  // Another run each time, so that its tables are written anew.
  run = { ...run, summary: { ...run.summary, nll: run.summary.nll.map((value) => value + 1) } };
  const content = sampleContent(run, String(turn));
  if (what === 'file') await saveSessionFile(path!, content, SAMPLE_OPTIONS);
  else await autosave.write(content, path!, SAMPLE_OPTIONS);
  writeSync(1, `${turn}\n`);
}
