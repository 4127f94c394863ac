// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { makeScoreInfo, makeScoreTable } from '../../shared/model/testing/score-table.ts';
import type { ScoreOrigin } from '../state/scores-state.ts';
import { chooseEntry, collectEntries, entryName, tablesForKinds, type EntrySources } from './score-entries.ts';

const origin: ScoreOrigin = {
  id: 'probe-1',
  kind: 'probe',
  name: 'Repeated random tokens',
  detail: '10 prompts, seed 0',
  probe: 'repeat',
  probeId: 'p',
  modelId: 'm',
};
const sources: EntrySources = {
  list: [
    makeScoreInfo('entropy'),
    makeScoreInfo('induction'),
    makeScoreInfo('streaming', { cost: 'pass' }),
    makeScoreInfo('streaming-kl', { cost: 'forwards' }),
    makeScoreInfo('retrieval', { cost: 'forwards', data: 'needle' }),
    makeScoreInfo('ov-copying', { cost: 'weights' }),
  ],
  quick: [makeScoreTable('entropy', [1, 2]), makeScoreTable('induction', null)],
  further: [],
  weights: [],
  coming: new Set(),
  refused: {},
  origins: [],
};
const brief = (changed: Partial<EntrySources>) =>
  collectEntries({ ...sources, ...changed }).map(({ key, status, how }) => `${key} ${status} ${how ?? '-'}`);

describe('the scores there are', () => {
  it('say whether they are there, and how they would be', () => {
    expect(brief({})).toEqual([
      'entropy ready -',
      'induction not-here -',
      'streaming computable further',
      'streaming-kl computable forwards',
      'retrieval not-here probe',
      'ov-copying computable weights',
    ]);
    expect(brief({ coming: new Set(['further', 'weights']) })).toContain('streaming coming further');
    expect(brief({ refused: { further: 'Of a stored run there is no more.' } })).toContain('streaming not-here -');
    expect(brief({ further: [makeScoreTable('streaming', [0, 1])] })).toContain('streaming ready -');
  });

  it('take what was asked for before what came with the run', () => {
    const asked = makeScoreTable('entropy', [5, 6]);
    const [entropy] = collectEntries({ ...sources, further: [asked] });
    expect(entropy!.table).toBe(asked);
  });

  it('include tables that no list names, such as those of a file', () => {
    expect(brief({ list: [], weights: [makeScoreTable('gates', [1, 1])] })).toEqual([
      'entropy ready -',
      'induction not-here -',
      'gates ready -',
    ]);
  });

  it('of other origins stand beside those of the run, by their own key and name', () => {
    const tables = { tables: [makeScoreTable('induction', [0.5, 1])], retrieval: undefined };
    const entries = collectEntries({ ...sources, origins: [{ origin, tables }] });
    const probed = entries.at(-1)!;
    expect([probed.key, probed.status, entryName(probed)]).toEqual([
      'probe-1:induction',
      'ready',
      'induction, Repeated random tokens',
    ]);
    expect(chooseEntry(entries, 'probe-1:induction')).toBe(probed);
    expect(chooseEntry(entries, 'streaming')!.key).toBe('entropy');
    expect(chooseEntry(entries, undefined)!.key).toBe('entropy');
    // The run has no induction, so the probe set's says what heads do.
    const named = { ...probed.table, origin: 'Repeated random tokens' };
    expect(tablesForKinds(entries)).toEqual([sources.quick[0], named]);
  });

  it('say what heads do by those of jobs from everywhere, by others from the run before anywhere else', () => {
    const probed = [makeScoreTable('entropy', [3, 4]), makeScoreTable('induction', [0.9, 0])];
    const again = [makeScoreTable('induction', [0.8, 0])];
    const own = [makeScoreTable('entropy', [1, 2]), makeScoreTable('induction', [0.1, 0])];
    const entries = collectEntries({
      ...sources,
      quick: own,
      origins: [
        { origin, tables: { tables: probed, retrieval: undefined } },
        { origin: { ...origin, id: 'probe-2', name: 'Again' }, tables: { tables: again, retrieval: undefined } },
      ],
    });
    expect(tablesForKinds(entries)).toEqual([
      ...own,
      { ...probed[1], origin: 'Repeated random tokens' },
      { ...again[0], origin: 'Again' },
    ]);
  });
});
