import { describe, expect, it } from 'vitest';
import type { Intervention } from '../../shared/model/intervention.ts';
import { parseInterventions } from '../../shared/model/intervention-text.ts';
import type { Capture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import { planInterventions } from './plan.ts';

const MODEL = {
  layers: 3,
  heads: 4,
  kvHeads: 2,
  headDim: 2,
  dModel: 8,
  vocabSize: 50,
  context: 32,
  slidingWindow: [null, null, null],
  rope: null,
} as unknown as Architecture;
const ids = Int32Array.of(1, 2, 3, 4);
const job = { signal: new AbortController().signal, progress: () => undefined };
const breathe = () => Promise.resolve();

/** z of a head at a position: 100 x the first id + 10 x position + head. */
function captureOf(of: Int32Array): Capture {
  const z = Float32Array.from({ length: of.length * 8 }, (_, at) => {
    const [position, head] = [Math.floor(at / 8), Math.floor((at % 8) / 2)];
    return 100 * of[0]! + 10 * position + head;
  });
  const layer = { z, q: z, k: z, v: z, columnSum: new Float64Array(4 * of.length) };
  return { tokens: of.length, ids: of, layers: [layer, layer, layer] } as unknown as Capture;
}

function planned(text: string, asked: string[] = []) {
  const list: readonly Intervention[] = parseInterventions(text);
  const context = {
    model: MODEL,
    ids,
    classes: (of: Int32Array) => Uint8Array.from(of, (id) => id % 2),
    runPrompt: (of: Int32Array) => {
      asked.push(of.join(' '));
      return Promise.resolve(captureOf(of));
    },
    samples: () => Promise.resolve([Int32Array.of(7, 8, 9, 9), Int32Array.of(9, 8, 9, 9)]),
  };
  return planInterventions(context, list, job);
}

/** Head 1 of z after the outputs of layer 1, one number a position; before them it is -1. */
async function outputs(text: string): Promise<number[]> {
  const plan = await planned(text);
  const z = new Float32Array(ids.length * 8).fill(-1);
  for (const edit of plan.layer(1)!.outputs) await edit(z, 0, breathe);
  return Array.from(ids, (_, position) => z[position * 8 + 2]!);
}

describe('planInterventions', () => {
  it('sorts by layer and by what is edited, and runs each other prompt once', async () => {
    const asked: string[] = [];
    const plan = await planned(
      'L2H0=zero,L1=streaming,L1H1=mean<-7 8;9 8,L1H2=patch:q<-7 8,off L0H0=zero,L1=residual,L2KV1=freeze',
      asked,
    );
    expect(plan.firstLayer).toBe(1);
    expect(plan.layer(0)).toBeNull();
    const edit = plan.layer(1)!;
    expect([edit.residual.length, edit.inputs.map(({ which }) => which), edit.outputs.length]).toEqual([1, ['q'], 1]);
    expect([...edit.heads.keys()]).toEqual([0, 1, 2, 3]);
    expect([...plan.layer(2)!.heads.keys()]).toEqual([2, 3]);
    expect(asked).toEqual(['7 8', '9 8', '1 2 3 4']);
    expect((await planned('off L0H0=zero')).firstLayer).toBe(3);
  });

  it('takes means over positions, classes or everything', async () => {
    expect(await outputs('L1H1=mean:position<-7 8 9 9;9 8 9 9')).toEqual([801, 811, 821, 831]);
    expect(await outputs('L1H1=mean<-7 8;9 8 9 9')).toEqual(Array(4).fill((701 + 711 + 901 + 911 + 921 + 931) / 6));
    expect(await outputs('L1H1=mean')).toEqual(Array(4).fill(116));
    // Odd ids are one class, even ids another.
    expect(await outputs('L1H1=mean:class')).toEqual([111, 121, 111, 121]);
    // There is no even one in the reference set.
    expect(await outputs('L1H1=mean:class<-7 9')).toEqual([706, -1, 706, -1]);
    expect(await outputs('L1H1=mean:position@1:3<-5 5 5')).toEqual([-1, 511, 521, -1]);
    expect(await outputs('L1H1=mean:position<-needle*2/1')).toEqual([801, 811, 821, 831]);
  });

  it('resamples from prompts that reach the position, and from other positions', async () => {
    const found = await outputs('L1H1=resample:3<-7;9 8 9 9');
    expect([701, 901]).toContain(found[0]);
    expect(found.slice(1)).toEqual([911, 921, 931]);
    // Of a group each head its own, in the positions that are meant.
    const group = (await planned('L1KV1=resample:3@1:3<-9 8 9 9')).layer(1)!.outputs;
    const z = new Float32Array(ids.length * 8);
    for (const edit of group) await edit(z, 0, breathe);
    expect(Array.from(z.subarray(8, 16))).toEqual([0, 0, 0, 0, 912, 912, 913, 913]);
    expect(Array.from(z.subarray(24))).toEqual(Array.from({ length: 8 }, () => 0));
    const own = await outputs('L1H1=resample:3');
    own.forEach((value, position) => {
      expect([101, 111, 121, 131]).toContain(value);
      expect(value).not.toBe(101 + 10 * position);
    });
    expect(await outputs('L1H1=resample:3')).toEqual(own);
  });

  it('patches where positions are aligned', async () => {
    expect(await outputs('L1H1=patch:z:start<-9 8')).toEqual([901, 911, -1, -1]);
    expect(await outputs('L1H1=patch:z:end<-9 8')).toEqual([-1, -1, 901, 911]);
    expect(await outputs('L1H1=patch:z:tokens<-1 3 4')).toEqual([101, -1, 111, 121]);
  });

  it('makes no room for positions past the context', async () => {
    const plan = await planned('L1H1=uniform@2:16777216,L1H2=drop-keys#1:3+9:16777216');
    const steps = [...plan.layer(1)!.heads.values()].flat();
    expect(steps.map((step) => step.rows?.length ?? null)).toEqual([32, null]);
    expect(steps.map((step) => ('keys' in step ? step.keys!.length : null))).toEqual([null, 32]);
  });

  it('works in the order of the list', async () => {
    expect(await outputs('L1H1=zero,L1H1=patch:z:start<-9 8')).toEqual([901, 911, 0, 0]);
    expect(await outputs('L1H1=scale:2,L1H1=scale:3@0:1')).toEqual([-6, -2, -2, -2]);
  });

  it('refuses references that are too short, naming how long they are', async () => {
    await expect(planned('L1H1=mean:position<-7 8;9 8 9 9')).rejects.toThrow(
      /shortest prompt of the reference set has 2/,
    );
    await expect(planned('L1H1=resample<-7 8;9 8 9')).rejects.toThrow(/longest of its prompts has 3/);
  });
});
