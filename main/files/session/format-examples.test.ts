/**
 * One committed file of every version of the format, which must open for ever. That of a new version is written by the
 * first run of this test, to be committed with it, and never again.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { SESSION_FORMAT_VERSION } from '../../../shared/session/migrations/index.ts';
import type { SessionDocument } from '../../../shared/session/migrations/migration.ts';
import type { StoredRun } from '../../../shared/session/stored-run.ts';
import { openSessionFile, saveSessionFile } from './session-file.ts';
import { EXAMPLE_STATE } from './testing/example-state.ts';
import { SAMPLE_OPTIONS, sampleContent, sampleRun } from './testing/sample-session.ts';
import { unpackSession } from './unpack-session.ts';
import { openZip } from './zip-source.ts';

const folder = join(import.meta.dirname, 'testing', 'examples');
const example = (version: number) => join(folder, `v${version}.headscope`);

beforeAll(async () => {
  if (existsSync(example(SESSION_FORMAT_VERSION)) || process.env['CI'] !== undefined) return;
  const place = await mkdtemp(join(tmpdir(), 'headscope-'));
  const tensors = join(place, 'tensors');
  await writeFile(
    tensors,
    Uint8Array.from({ length: 64 }, (_, i) => i),
  );
  const clean = sampleRun({ layers: 2, heads: 2, tokens: 4, viewed: 2 });
  const runs = [
    { role: 'clean', run: clean, tensors: { path: tensors, offset: 0, bytes: 64 } },
    { role: 'changed', run: changedRun(clean), tensors: null },
  ] as const;
  const carried = { manifest: { later: { kept: true } }, entries: new Map([['preview.png', Uint8Array.of(1, 2, 3)]]) };
  const state = { ...EXAMPLE_STATE, later: { version: 3, data: ['kept', null, 1.5] } };
  await saveSessionFile(example(SESSION_FORMAT_VERSION), { ...sampleContent(), runs, carried, state }, SAMPLE_OPTIONS);
  await rm(place, { recursive: true });
});

/** The same prompt with a head zeroed, compared with the clean run, and a map minus that of the clean run. */
function changedRun(clean: StoredRun): StoredRun {
  const { heads, maps, ...rest } = clean;
  const { layer, head, level, side, codes } = maps[0]!;
  const map = { layer, head, level, side, codes };
  const choices = [{ id: 7, display: '·a', clean: 0.5, changed: 0.25 }];
  return {
    ...rest,
    summary: { ...clean.summary, interventions: [{ what: 'zero', where: { layer: 1, head: 0 } }], computedFrom: 1 },
    heads: heads.slice(0, 1),
    maps: [],
    differences: [{ ...map, reducer: 'max', range: [0.001, 0.5], minus: { layer: 0, head: 0, run: 'clean' } }],
    comparison: {
      kl: 0.125,
      klPerToken: Float32Array.of(0, 0.5, 1, 0.125),
      nllDelta: Float32Array.of(NaN, 1, -1, 0),
      before: choices,
      after: choices,
    },
  };
}

describe.each(Array.from({ length: SESSION_FORMAT_VERSION }, (_, i) => i + 1))('format %i', (version) => {
  it('opens', async () => {
    const { state, keptState, runs, carried, warnings, manifest } = await openSessionFile(example(version));
    expect(warnings).toEqual([]);
    expect(manifest.formatVersion).toBe(SESSION_FORMAT_VERSION);
    expect(manifest.prompt?.sha256).toBe('a6715f24872a703ccb666ebfe3a9c072a03afa012e792f5fd79eb24e65aadf66');
    expect(Object.keys(state)).toEqual(['prompt', 'edit', 'view', 'generation', 'layout', 'notes']);
    expect(state).toMatchObject(EXAMPLE_STATE);
    expect(keptState).toEqual({ later: { version: 3, data: ['kept', null, 1.5] } });
    expect(carried.manifest).toEqual({ later: { kept: true } });
    expect([...carried.entries]).toEqual([['preview.png', Uint8Array.of(1, 2, 3)]]);
    const { role, run, tensors } = runs[0]!;
    expect([runs.length, role, tensors?.bytes]).toEqual([2, 'clean', 64]);
    expect([run.model.layers, run.model.heads, [...run.summary.ids]]).toEqual([2, 2, [506, 614, 515, 951]]);
    expect([...run.summary.nll]).toEqual([
      0.05703591927886009, 0.15634600818157196, 0.6138815879821777, 0.43175411224365234,
    ]);
    expect(run.heads.map(({ layer, head, profile }) => [layer, head, ...profile.rowArgmax])).toEqual([
      [0, 0, 0, 0, 2, 3],
      [0, 1, 0, 0, 2, 0],
    ]);
    expect(run.maps.map(({ codes }) => Buffer.from(codes).toString('hex'))).toEqual([
      '670000006a6b00006b6f740067615d5a',
      '5c00000062680000676d6f0065686e68',
    ]);
    expect(run.scores.map(({ info, values }) => [info.id, ...values!])).toEqual([
      ['entropy', 0.6697205712553114, 0.5924364372622222, 0.8043107299599797, 0.788662064820528],
    ]);
    const changed = runs[1]!.run;
    expect([changed.summary.interventions, changed.comparison?.kl]).toEqual([
      [{ what: 'zero', where: { layer: 1, head: 0 } }],
      0.125,
    ]);
    expect([...changed.comparison!.nllDelta]).toEqual([NaN, 1, -1, 0]);
    expect(changed.differences?.map(({ minus, range, codes }) => [minus.run, range, codes[4]])).toEqual([
      ['clean', [0.001, 0.5], 106],
    ]);
  });
});

it('is brought to a later format by its steps, before anything is checked', async () => {
  const source = await openZip(example(1));
  const shout = ({ manifest, state }: SessionDocument): SessionDocument => {
    const { notes, ...rest } = state as Record<string, { version: number; data: { text: string } }>;
    const data = { text: notes!.data.text.toUpperCase() };
    return { manifest: { ...manifest, mood: 'loud' }, state: { ...rest, notes: { version: 1, data } } };
  };
  const { manifest, state, runs, warnings } = await unpackSession(source, [{ id: 1, up: shout }]);
  expect(manifest).toMatchObject({ formatVersion: 2, mood: 'loud' });
  expect(state['notes']).toEqual({ version: 1, data: { text: 'NOTES OF THE EXAMPLE.\n' } });
  expect([runs.length, warnings]).toEqual([2, []]);
  const broken = () => {
    throw new TypeError('takes something for granted');
  };
  await expect(unpackSession(source, [{ id: 1, up: broken }])).rejects.toMatchObject({ code: 'session-invalid' });
  await source.close();
});
