// @vitest-environment node
import { beforeAll, describe, expect, it } from 'vitest';
import { assertExists } from '../../shared/base/assert.ts';
import { summaryKey } from '../engine/data-keys.ts';
import { startSession } from '../testing/start-session.ts';
import { paletteItems } from './palette-items.ts';

const services = startSession();

beforeAll(() => services.rest());

function items(query: string) {
  const state = services.store.getState();
  const summary = services.cache.value(summaryKey(assertExists(state.run.clean, 'run').key));
  return paletteItems(query, state, assertExists(summary, 'summary').tokens);
}

describe('the palette', () => {
  it.each(['L2H6', '2.6', 'l2h6 '])('jumps to the head %j', (query) => {
    const [first] = items(query);
    expect(first?.label).toBe('Go to L2H6');
    first?.run?.(services);
    expect(services.store.getState().edit.head).toEqual({ layer: 2, head: 6 });
  });

  it('says which heads there are where the name is too high', () => {
    expect(items('L9H0')[0]).toMatchObject({ label: 'No head L9H0', detail: 'The model has L0H0 to L3H7.' });
    expect(items('L9H0')[0]?.run).toBeUndefined();
  });

  it.each(['L2', 'l2h'])('lists the heads of a layer for %j', (query) => {
    const heads = items(query).filter(({ group }) => group === 'Head');
    expect(heads.map(({ label }) => label).slice(0, 2)).toEqual(['Go to L2H0', 'Go to L2H1']);
    expect(heads).toHaveLength(8);
  });

  it('says which layers there are where the layer is too high', () => {
    expect(items('L9')[0]).toMatchObject({ label: 'No layer L9', detail: 'The model has L0H0 to L3H7.' });
  });

  it('finds tokens by text and by index, and pins them', () => {
    const [lantern] = items('lantern').filter(({ group }) => group === 'Token');
    lantern?.run?.(services);
    const pinned = services.store.getState().edit.pinnedToken;
    expect(lantern?.detail).toContain(`token ${pinned},`);
    expect(items('#3').map(({ id }) => id)).toEqual(['token-3']);
  });

  it('finds commands by words in any order', () => {
    expect(items('palette open').map(({ id }) => id)).toContain('view.openPalette');
    expect(items('').every(({ group }) => group === 'Command')).toBe(true);
  });
});
