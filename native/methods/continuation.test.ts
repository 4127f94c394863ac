import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Capture } from '../capture/capture.ts';
import { runForward } from '../forward/forward.ts';
import { logitRows } from '../forward/likelihoods.ts';
import { argmax } from '../generation/sampling.ts';
import { createRng, randomIds } from '../testing/rng.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { checkAnswer } from './answer-check.ts';
import { compareAnswers, continueDense, continueUnder, type ContinuationRequest } from './continuation.ts';
import { findMethod, methods } from './index.ts';
import { createMethodDecoder } from './method-decoder.ts';
import { runPropagated } from './run-propagated.ts';
import { contextOf } from './select-layer.ts';
import { openParts, type OpenedParts } from './testing/open-parts.ts';

const TOKENS = 48;
const PROMPT = 32;
const END = 40;
const MOST = 7;
const job = { signal: new AbortController().signal, progress: () => undefined };
const how: ContinuationRequest = { end: END, maxTokens: MOST, endIds: [], context: 100 };

let folder: string;
let parts: OpenedParts;
let ids: Int32Array;
let capture: Capture;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'headscope-continuation-'));
  await writeTinyModel(folder, { family: 'qwen2', layers: 3, kvHeads: 2, tied: false, seed: 41 });
  parts = await openParts(folder);
  ids = randomIds(createRng(11), TOKENS, parts.architecture.vocabSize);
  capture = await runForward(parts, { ids }, job);
});
afterAll(async () => {
  await parts.dispose();
  await rm(folder, { recursive: true });
});

/** Each token from a whole forward over all before it. */
async function anew(end: number, likeliest: (sequence: Int32Array) => Promise<number>): Promise<number[]> {
  const told: number[] = [];
  while (told.length < MOST) told.push(await likeliest(Int32Array.from([...ids.subarray(0, end), ...told])));
  return told;
}

function denseChoice(sequence: Int32Array): Promise<number> {
  return runForward(parts, { ids: sequence }, job).then(async (run) =>
    argmax(await logitRows(parts, run, sequence.length - 1, sequence.length)),
  );
}

const asked = (id: string, promptLength = PROMPT) => ({
  layers: 3,
  promptLength,
  parameters: { kivi: { group: 4, residual: 4 }, seer: { block: 4, share: 0.3 } }[id] ?? {},
  budget: { keys: 6 },
});

async function choiceUnder(id: string, sequence: Int32Array, promptLength = PROMPT): Promise<number> {
  const method = findMethod(id);
  const context = contextOf(method, { ...asked(id, promptLength), breathe: () => Promise.resolve() });
  const decoder = createMethodDecoder(parts, { method, context, capacity: sequence.length });
  return argmax(await decoder.append(sequence, job));
}

const under = (id: string, promptLength = PROMPT, more: Partial<ContinuationRequest> = {}) =>
  continueUnder(parts, capture, findMethod(id), asked(id, promptLength), { ...how, ...more }, job);

describe('a continuation', () => {
  it('is what whole runs say, one after the other', async () => {
    expect([...(await continueDense(parts, capture, how, job))]).toEqual(await anew(END, denseChoice));
  });

  it.each(methods.map(({ info }) => info.id))('%s: is what whole forwards under it say', async (id) => {
    expect([...(await under(id))]).toEqual(await anew(END, (sequence) => choiceUnder(id, sequence)));
  });

  it('begins with what the dense row says where the method begins there', async () => {
    for (const id of ['h2o', 'seer']) {
      const told = await under(id, END);
      expect([...told]).toEqual(await anew(END, (sequence) => choiceUnder(id, sequence, END)));
      if (id === 'h2o') expect(told[0]).toBe((await continueDense(parts, capture, how, job))[0]);
    }
  });

  it('ends before an end token, and with the longest sequence', async () => {
    const all = [...(await under('h2o'))];
    expect(new Set(all).size).toBeGreaterThan(3);
    const last = all.findIndex((id, at) => at > 0 && !all.slice(0, at).includes(id));
    expect([...(await under('h2o', PROMPT, { endIds: [all[last]!] }))]).toEqual(all.slice(0, last));
    expect([...(await under('h2o', PROMPT, { context: END + 2 }))]).toEqual(all.slice(0, 2));
  });

  it('takes an end token for a part of the answer where the answer has it, and for its end where that has', async () => {
    const all = [...(await under('h2o'))];
    const last = all.findIndex((id, at) => at > 0 && !all.slice(0, at).includes(id));
    const endIds = [all[last]!];
    const ending = (answer: number[]) => under('h2o', PROMPT, { endIds, answer: Int32Array.from(answer) });
    expect([...(await ending(all.slice(0, last + 1)))]).toEqual(all.slice(0, last + 1));
    expect([...(await ending(all.slice(0, last + 2)))].slice(0, last + 2)).toEqual(all.slice(0, last + 2));
    expect([...(await ending([...all.slice(0, last), endIds[0]! + 1]))]).toEqual(all.slice(0, last));
    expect([...(await ending(all.slice(0, last)))]).toEqual(all.slice(0, last));
  });

  it('begins with an answer exactly where every token of it is the likeliest in its place', async () => {
    const seen = new Set<boolean>();
    for (const id of ['sink-window', 'h2o', 'topk', 'kivi', 'seer']) {
      const told = await under(id);
      for (const wrong of [null, 0, 3]) {
        const answer = told.slice(0, 5);
        if (wrong !== null) answer[wrong] = (answer[wrong]! + 1) % parts.architecture.vocabSize;
        const given = Int32Array.from([...ids.subarray(0, END), ...answer]);
        const request = { ...asked(id), method: findMethod(id), budgets: [{ keys: 6 }], answerStart: END };
        const run = await runForward(parts, { ids: given }, job);
        const [teacherForced] = await runPropagated({ ...parts, capture: run }, request, job);
        const { isRight, rightTokens } = checkAnswer(teacherForced!.chosen, answer);
        expect(isRight).toBe(answer.every((token, at) => token === told[at]));
        if (wrong === null) expect(rightTokens).toBe(5);
        else expect(rightTokens).toBeLessThan(5);
        seen.add(isRight);
      }
    }
    expect(seen.size).toBe(2);
    expect(() => checkAnswer(Int32Array.of(1), [1, 2])).toThrow('1 choices were compared with 2 tokens');
  });

  it('stops when it is cancelled', async () => {
    const controller = new AbortController();
    const cancelling = { signal: controller.signal, progress: () => controller.abort() };
    const told = continueUnder(parts, capture, findMethod('h2o'), asked('h2o'), how, cancelling);
    await expect(told).rejects.toMatchObject({ name: 'CancelledError' });
  });
});

describe('two continuations', () => {
  const tokenizer = { bytes: (id: number) => new TextEncoder().encode(String.fromCharCode(97 + id)) };
  const compared = (own: number[], dense: number[], answer: number[] | null = null) =>
    compareAnswers(tokenizer, Int32Array.from(own), Int32Array.from(dense), answer && Int32Array.from(answer));

  it('are compared token by token', () => {
    expect(compared([0, 1, 2, 3], [0, 1, 3, 3], [0, 1, 2])).toMatchObject({
      ...{ text: 'abcd', denseText: 'abdd', firstDifference: 2, agreement: 0.75 },
      ...{ correct: true, denseCorrect: false },
    });
    expect(compared([0, 1], [0, 1])).toMatchObject({ firstDifference: null, agreement: 1, correct: null });
  });

  it('differ where one has ended', () => {
    expect(compared([0, 1], [0, 1, 2, 3])).toMatchObject({ firstDifference: 2, agreement: 0.5 });
    expect(compared([], [])).toMatchObject({ firstDifference: null, agreement: 1, text: '' });
    expect(compared([0], [0, 1], [0, 1])).toMatchObject({ correct: false, denseCorrect: true });
  });
});
