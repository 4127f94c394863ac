/**
 * The process of the crash test: saves a session of some megabytes again and again until it is killed, and tells after
 * each save which one it was. The test bundles it, because Node runs no TypeScript here.
 */
import { writeSync } from 'node:fs';
import { saveSessionFile } from '../session-file.ts';
import { SAMPLE_OPTIONS, sampleContent, sampleRun } from './sample-session.ts';

const [path, first] = process.argv.slice(2);
const run = sampleRun({ layers: 1, heads: 2, tokens: 1200, viewed: 2 });
// Told synchronously: what was said before the kill arrives.
writeSync(1, 'begin\n');
for (let turn = Number(first); ; turn++) {
  await saveSessionFile(path!, sampleContent(run, String(turn)), SAMPLE_OPTIONS);
  writeSync(1, `${turn}\n`);
}
