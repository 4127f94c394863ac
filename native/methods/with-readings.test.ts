import { describe, expect, it } from 'vitest';
import { findMethod } from './index.ts';
import { contextOf } from './select-layer.ts';
import { randomLayer } from './testing/layers.ts';
import { withReadings } from './with-readings.ts';

const gates = [Float32Array.of(0.9, 0.1), Float32Array.of(0.4, 0.7)];

describe('withReadings', () => {
  it('gives a method the gates of the model, of which the larger ones keep everything', async () => {
    const duo = findMethod('duo');
    const method = withReadings(duo, { of: (layer) => ({ gates: gates[layer]! }), notes: ['By hand.'], isProxy: true });
    const layers = [randomLayer(1), randomLayer(2)];
    const asked = { layers: 2, promptLength: 20, parameters: { sparsity: 0.5, sink: 1 }, budget: { keys: 5 } };
    const context = contextOf(method, { ...asked, breathe: () => Promise.resolve() });
    await method.prepare!({ indices: [0, 1], read: (layer) => Promise.resolve(layers[layer]!) }, context);
    const held = [];
    for (const [layer, data] of layers.entries()) {
      const selector = await method.begin(data, layer, context);
      held.push(Array.from({ length: 4 }, (_, head) => selector.held(head).length));
    }
    expect(held).toEqual([
      [20, 20, 5, 5],
      [5, 5, 20, 20],
    ]);
  });

  it('says what was given, and whether it only stands for what is asked for', () => {
    const told = { of: () => ({}), notes: ['By hand.'] };
    const proxy = withReadings(findMethod('duo'), { ...told, isProxy: true });
    expect(proxy).toMatchObject({ given: ['By hand.'], info: { id: 'duo', needs: [], badge: 'proxy' } });
    const own = withReadings(findMethod('razor'), { ...told, isProxy: false });
    expect(own.info).toMatchObject({ needs: [], badge: findMethod('razor').info.badge });
  });
});
