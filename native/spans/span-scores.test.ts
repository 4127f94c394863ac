import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKernel } from '../attention/choose-kernel.ts';
import type { AttentionKernel } from '../attention/kernel.ts';
import { createOnnxKernel } from '../attention/onnx-kernel.ts';
import type { Job } from '../forward/checkpoint.ts';
import { ScoreReader } from '../pattern/score-blocks.ts';
import { ADDON } from '../testing/open-forward.ts';
import { attentionOnlyArchitecture, randomCapture } from '../testing/random-capture.ts';
import { spanScores, type Span, type SpanParts } from './span-scores.ts';

const tokens = 40;
const job: Job = { signal: new AbortController().signal, progress: () => undefined };
const windows = [null, 9] as const;
const readers: ScoreReader[] = [];
const parts: SpanParts[] = [];
let kernel: AttentionKernel;

beforeAll(async () => {
  const shape = { tokens, heads: 4, kvHeads: 2, seed: 8 };
  kernel = await createOnnxKernel(attentionOnlyArchitecture(shape), 1);
  for (const window of windows) {
    const { architecture, capture } = await randomCapture({ ...shape, window });
    readers.push(new ScoreReader(architecture, 1));
    parts.push({ capture, architecture, kernel });
  }
});
afterAll(async () => {
  for (const reader of readers) await reader.dispose();
  await kernel.dispose();
});

const anySpan = fc
  .tuple(fc.nat(tokens - 1), fc.integer({ min: 1, max: tokens }))
  .map(([start, length]): Span => ({ name: 'a', start, end: Math.min(tokens, start + length) }));

describe('spanScores', () => {
  it('is the mean over the rows after the span of the mass on its keys, for any spans, window or not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(0, 1), fc.array(anySpan, { maxLength: 4 }), async (which, spans) => {
        const { capture } = parts[which]!;
        const reader = readers[which]!;
        const tables = await spanScores(parts[which]!, spans, job);
        expect(tables).toHaveLength(spans.length);
        spans.forEach(({ start, end }, s) => {
          if (end === tokens) {
            expect(tables[s]!.notApplicable).toMatch(/No token/);
            return;
          }
          for (const head of [0, 3]) {
            let sum = 0;
            for (let row = end; row < tokens; row++) {
              for (let key = start; key < end; key++) sum += reader.probability(capture, 0, head, row, key);
            }
            expect(tables[s]!.values![head]).toBeCloseTo(sum / (tokens - end), 5);
          }
        });
      }),
      { numRuns: 25 },
    );
  });

  it('gives uniform attention its floor, and all of the mass where nothing else is seen', async () => {
    for (const { capture, ...rest } of parts) {
      const layers = [{ ...capture.layers[0]!, q: new Float32Array(capture.layers[0]!.q.length) }];
      const spans = [
        { name: 'b', start: 3, end: 11 },
        { name: 'c', start: 0, end: 1 },
        { name: 'd', start: 20, end: 39 },
      ];
      const tables = await spanScores({ capture: { ...capture, layers }, ...rest }, spans, job);
      for (const { values, floor } of tables) for (const value of values!) expect(value).toBeCloseTo(floor!, 6);
    }
  });

  it('is the same by the kernel that runs have, however few tokens come after the span', async () => {
    for (const { architecture, capture } of parts) {
      const chosen = await createKernel(ADDON, architecture, 1);
      const spans = [3, 15, 16, 17].map((rows) => ({ name: 'e', start: 2, end: tokens - rows }));
      const expected = await spanScores({ architecture, capture, kernel }, spans, job);
      const tables = await spanScores({ architecture, capture, kernel: chosen }, spans, job);
      tables.forEach(({ values }, s) =>
        values!.forEach((value, head) => expect(value).toBeCloseTo(expected[s]!.values![head]!, 5)),
      );
      await chosen.dispose();
    }
  });

  it('carries the span with its table', async () => {
    const [table] = await spanScores(parts[0]!, [{ name: 'The question', start: 4, end: 9 }], job);
    expect(table).toMatchObject({ info: { id: 'span-0', name: 'The question' }, parameters: { start: 4, end: 9 } });
  });

  it('refuses spans that are empty or go past the prompt', async () => {
    for (const [start, end] of [
      [5, 5],
      [6, 5],
      [0, tokens + 1],
    ] as const) {
      await expect(spanScores(parts[0]!, [{ name: 'x', start, end }], job)).rejects.toMatchObject({
        code: 'bad-request',
      });
    }
  });

  it('can be cancelled', async () => {
    const controller = new AbortController();
    controller.abort();
    const cancelled = spanScores(parts[0]!, [{ name: 'x', start: 0, end: 3 }], { ...job, signal: controller.signal });
    await expect(cancelled).rejects.toThrow('Cancelled');
  });
});
