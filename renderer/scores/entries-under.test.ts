// @vitest-environment node
import { expect, it } from 'vitest';
import { makeScoreInfo, makeScoreTable } from '../../shared/model/testing/score-table.ts';
import { SINK_TWINS } from '../../shared/view/atlas/sink-twins.ts';
import { entriesUnder } from './entries-under.ts';
import { collectEntries, tablesForKinds, type EntrySources } from './score-entries.ts';

const twinInfo = makeScoreInfo('entropy-sink-free', { cost: 'pass', definition: 'Of what is left.' });
const SINK = makeScoreInfo('sink', { group: 'sinks' });
const sources: EntrySources = {
  list: [makeScoreInfo('entropy'), twinInfo, makeScoreInfo('local-32'), SINK],
  quick: [makeScoreTable('entropy', [1, 2]), makeScoreTable('local-32', [3, 4]), makeScoreTable('sink', [5, 6], SINK)],
  further: [makeScoreTable('entropy-sink-free', [7, 8])],
  weights: [],
  coming: new Set(),
  refused: {},
  origins: [],
};

it('scores have the values and definition of their twins under their own key, and a name that says so', () => {
  const entries = collectEntries(sources);
  expect(entriesUnder('gutter', entries)).toEqual(entries);
  for (const mode of ['exclude', 'renormalise'] as const) {
    const [entropy, twin, local, sink] = entriesUnder(mode, entries);
    expect(entropy).toMatchObject({ key: 'entropy', status: 'ready', info: { name: 'entropy without sinks' } });
    expect([...entropy!.table!.values!]).toEqual([7, 8]);
    expect(entropy!.info).toMatchObject({ id: 'entropy-sink-free', cost: 'run' });
    expect(entropy!.table!.info.name).toBe('entropy without sinks');
    // Neither has a twin in the list; only of the last sinks are the subject.
    expect([twin, local, sink]).toEqual([entries[1], { ...entries[2], withSinks: true }, entries[3]]);
  }
});

it('a twin that is not computed is offered in the place of the score', () => {
  const [entropy] = entriesUnder('exclude', collectEntries({ ...sources, further: [] }));
  expect(entropy).toMatchObject({ key: 'entropy', status: 'computable', how: 'further', table: undefined });
});

it('kinds are told from the same scores in every mode', () => {
  const ids = (mode: 'show' | 'exclude') =>
    tablesForKinds(entriesUnder(mode, collectEntries(sources)))
      .map(({ info }) => info.id)
      .filter((id) => !SINK_TWINS.has(id));
  expect(ids('exclude').toSorted()).toEqual(ids('show').toSorted());
});
