/** The shipped sessions belong to the shipped examples and the shipped model. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExamplePrompt } from '../../../shared/contract/methods.ts';
import type { PromptData } from '../../../shared/session/slices/prompt.ts';
import { findApp } from '../../files/app-paths.ts';
import { openSessionFile } from '../../files/session/session-file.ts';
import type { UnpackedSession } from '../../files/session/unpack-session.ts';
import { exampleSession, readExamples } from '../../models/read-examples.ts';
import { createConsole } from '../console.ts';
import { runExamples } from './examples.ts';

const ADVICE = 'The stored sessions are not those of the shipped model and examples. Make them anew: npm run examples';
/** Kernels of other machines differ by less; another model by far more. */
const TOLERANCE = 1e-3;

const app = findApp();
let folder: string;
let examples: readonly ExamplePrompt[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-'));
  examples = await readExamples(app);
  await write('live');
});
afterAll(() => rm(folder, { recursive: true }));

const at = (name: string) => join(folder, name);

/** Computes them with the shipped model, here and now. */
async function write(name: string): Promise<void> {
  const nowhere = { write: () => true };
  const console = createConsole(true, { out: nowhere, err: nowhere, setExitCode: () => undefined });
  await runExamples(console, at(name));
}

const numbersOf = ({ runs }: UnpackedSession): ReadonlyMap<string, ArrayLike<number>> => {
  const { summary, scores } = runs[0]!.run;
  const values = scores.flatMap((score) => (score.values ? [[score.info.id, score.values] as const] : []));
  return new Map<string, ArrayLike<number>>([['nll', summary.nll], ...values]);
};

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  return Array.from(a).reduce((largest, value, i) => {
    const isSame = Object.is(value, b[i]);
    // NaN on one side only is as far away as can be.
    return isSame ? largest : Math.max(largest, Number.isNaN(value - b[i]!) ? Infinity : Math.abs(value - b[i]!));
  }, 0);
}

describe('the stored examples', () => {
  it('are one for each example, and no others', async () => {
    expect(examples.length).toBeGreaterThan(0);
    const expected = examples.map(({ id }) => `${id}.headscope`).sort();
    expect((await readdir(app.sessions)).sort(), ADVICE).toEqual(expected);
    expect(
      examples.every(({ hasSession }) => hasSession),
      ADVICE,
    ).toBe(true);
  });

  it('have the prompt, the model and the numbers of a run that is made now', async () => {
    for (const { id, text } of examples) {
      const stored = await openSessionFile(exampleSession(app.sessions, id));
      const live = await openSessionFile(exampleSession(at('live'), id));
      expect(stored.warnings).toEqual([]);
      expect((stored.state['prompt']?.data as PromptData).ran?.source, ADVICE).toMatchObject({ kind: 'text', text });
      expect(stored.manifest.model, ADVICE).toEqual(live.manifest.model);
      expect(stored.manifest.tokenizer, ADVICE).toEqual(live.manifest.tokenizer);
      expect(stored.runs[0]!.run.summary.ids, ADVICE).toEqual(live.runs[0]!.run.summary.ids);
      const [kept, made] = [numbersOf(stored), numbersOf(live)];
      expect([...kept.keys()], ADVICE).toEqual([...made.keys()]);
      for (const [name, values] of made) {
        const difference = largestDifference(kept.get(name)!, values);
        expect(difference, `${name} of ${id}. ${ADVICE}`).toBeLessThanOrEqual(TOLERANCE);
      }
    }
  });

  it('say nothing of the machine that made them', async () => {
    for (const { id } of examples) {
      const { run } = (await openSessionFile(exampleSession(app.sessions, id))).runs[0]!;
      expect([run.model.path, run.summary.milliseconds]).toEqual(['demo', 0]);
    }
  });

  it('are the same bytes when they are made again', async () => {
    await write('again');
    for (const name of await readdir(at('live'))) {
      const [first, second] = [await readFile(join(at('live'), name)), await readFile(join(at('again'), name))];
      expect(second.equals(first), name).toBe(true);
    }
  });
});
