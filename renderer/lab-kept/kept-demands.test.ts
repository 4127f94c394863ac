// @vitest-environment node
import { expect, it } from 'vitest';
import { DataCache } from '../engine/data-cache.ts';
import { labKey } from '../lab/lab-keys.ts';
import { createAppStore, patch } from '../state/store.ts';
import { makeLabRecord } from '../testing/lab-record.ts';
import { keptDemands } from './kept-demands.ts';

function open(record = makeLabRecord({ windows: [6, 12] })) {
  const store = createAppStore();
  const cache = new DataCache();
  cache.set(labKey('1'), { status: 'ready', value: record });
  patch(store, 'view', { centre: 'lab' });
  patch(store, 'lab', { shown: 'kept', result: '1' });
  patch(store, 'edit', { head: { layer: 1, head: 2 } });
  const keys = () => Object.values(keptDemands(store.getState(), cache)).map(({ key }) => key);
  return { store, cache, keys };
}

it('needs what the head read and the step that is looked at, of the chosen row', () => {
  const { store, keys } = open();
  expect(keys()).toEqual(['kept/r1/30/6/rows/1/2', 'kept/r1/30/6/step/39']);
  patch(store, 'lab', { row: 1, query: 33 });
  expect(keys()).toEqual(['kept/r1/30/12/rows/1/2', 'kept/r1/30/12/step/33']);
});

it('needs the key under the pointer before the pinned one, and none that its query cannot see', () => {
  const { store, keys } = open();
  patch(store, 'lab', { key: 5, query: 33 });
  expect(keys()[2]).toBe('kept/r1/30/6/key/33/5');
  patch(store, 'ui', { keptHover: { query: 31, key: 7 } });
  expect(keys()[2]).toBe('kept/r1/30/6/key/31/7');
  patch(store, 'ui', { keptHover: { query: undefined, key: 34 } });
  expect(keys()).toHaveLength(2);
});

it('takes the worst head where the selected one is not there', () => {
  const { store, keys } = open();
  patch(store, 'edit', { head: { layer: 9, head: 0 } });
  expect(keys()[0]).toBe('kept/r1/30/6/rows/0/0');
});

it('needs nothing out of sight, without a result and where nothing was kept of it', () => {
  const { store, cache, keys } = open();
  patch(store, 'view', { centre: 'map' });
  expect(keys()).toEqual([]);
  patch(store, 'view', { centre: 'lab' });
  patch(store, 'lab', { shown: 'maps' });
  expect(keys()).toEqual([]);
  patch(store, 'lab', { shown: 'kept' });
  const record = makeLabRecord();
  const [row] = record.rows;
  cache.set(labKey('1'), {
    status: 'ready',
    value: { ...record, rows: [{ ...row!, result: { ...row!.result!, trace: null } }] },
  });
  expect(keys()).toEqual([]);
  cache.set(labKey('1'), { status: 'ready', value: { ...record, rows: [{ ...row!, result: null }] } });
  expect(keys()).toEqual([]);
});
