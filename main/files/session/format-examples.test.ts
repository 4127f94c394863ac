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
import { openSessionFile, saveSessionFile } from './session-file.ts';
import { SAMPLE_OPTIONS, sampleContent, sampleRun } from './testing/sample-session.ts';

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
  const content = sampleContent(sampleRun({ layers: 2, heads: 2, tokens: 4, viewed: 2 }), 'Notes of the example.\n');
  const [run] = content.runs;
  const runs = [{ ...run!, tensors: { path: tensors, offset: 0, bytes: 64 } }];
  const carried = { manifest: { later: { kept: true } }, entries: new Map([['preview.png', Uint8Array.of(1, 2, 3)]]) };
  const state = { ...content.state, later: { version: 3, data: ['kept', null, 1.5] } };
  await saveSessionFile(example(SESSION_FORMAT_VERSION), { ...content, runs, carried, state }, SAMPLE_OPTIONS);
  await rm(place, { recursive: true });
});

describe.each(Array.from({ length: SESSION_FORMAT_VERSION }, (_, i) => i + 1))('format %i', (version) => {
  it('opens', async () => {
    const { state, keptState, runs, carried, warnings, manifest } = await openSessionFile(example(version));
    expect(warnings).toEqual([]);
    expect(manifest.formatVersion).toBe(SESSION_FORMAT_VERSION);
    expect(manifest.prompt?.sha256).toBe('a6715f24872a703ccb666ebfe3a9c072a03afa012e792f5fd79eb24e65aadf66');
    expect(state['notes']?.data).toEqual({ text: 'Notes of the example.\n' });
    expect(keptState).toEqual({ later: { version: 3, data: ['kept', null, 1.5] } });
    expect(carried.manifest).toEqual({ later: { kept: true } });
    expect([...carried.entries]).toEqual([['preview.png', Uint8Array.of(1, 2, 3)]]);
    const { role, run, tensors } = runs[0]!;
    expect([runs.length, role, tensors?.bytes]).toEqual([1, 'clean', 64]);
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
  });
});
