import { describe, expect, it } from 'vitest';
import type { Intervention } from '../../shared/model/intervention.ts';
import type { RopeSpec } from '../families/rope.ts';
import type { PlanContext } from '../interventions/plan.ts';
import { attentionOnlyArchitecture } from '../testing/random-capture.ts';
import { generationEdits } from './generation-edits.ts';

const JOB = { signal: new AbortController().signal, progress: () => undefined };
const TOKENS = 6;

function contextOf(rope: RopeSpec | null = null): PlanContext {
  return {
    model: { ...attentionOnlyArchitecture({ tokens: TOKENS, heads: 2, kvHeads: 1, headDim: 4 }), rope },
    ids: new Int32Array(TOKENS),
    classes: (ids) => new Uint8Array(ids.length),
    runPrompt: () => Promise.reject(new Error('Nothing here reads a run.')),
    samples: () => Promise.reject(new Error('Nothing here reads a task.')),
  };
}

const where = { layer: 0, head: 1 };

describe('edits of a generation', () => {
  it('of the prompt leave rows after it as they are, those of every step do not', async () => {
    const list: Intervention[] = [
      { what: 'calibrate', where, keys: [{ start: 1, end: 2 }] },
      { what: 'temperature', where },
      { what: 'zero', where, rows: [{ start: 4, end: 9 }] },
    ];
    const edit = (await generationEdits(contextOf(), list, 12, JOB))(0)!;
    const [calibrate, temper] = edit.heads.get(1)!;
    expect(calibrate!.rows).toEqual(new Uint8Array(TOKENS).fill(1));
    expect(temper!.rows).toBeNull();
    const z = new Float32Array(5 * 8).fill(1);
    for (const change of edit.outputs) await change(z, 6, () => Promise.resolve());
    const ofHead = (row: number) => Array.from(z.subarray(row * 8 + 4, row * 8 + 8));
    expect([0, 1, 2, 3, 4].map((row) => ofHead(row)[0])).toEqual([0, 0, 0, 1, 1]);
  });

  it('refuse patched queries and keys that growing rotations would leave behind', async () => {
    const rope: RopeSpec = { theta: 1e4, headDim: 4, scaling: { kind: 'dynamic', factor: 2, original: 10 } };
    const patch: Intervention = { what: 'patch', where, parameters: { what: 'k' }, source: { prompts: [[1, 2]] } };
    await expect(generationEdits(contextOf(rope), [patch], 11, JOB)).rejects.toThrow('past 10 tokens');
    await expect(generationEdits(contextOf(rope), [patch], 10, JOB)).rejects.toThrow('Nothing here reads a run.');
    await expect(generationEdits(contextOf(rope), [{ ...patch, off: true }], 11, JOB)).resolves.toBeDefined();
  });
});
