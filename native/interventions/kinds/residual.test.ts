import { expect, it } from 'vitest';
import type { PlacedEntry } from '../kind-effect.ts';
import { residual } from './residual.ts';

const [TOKENS, WIDTH] = [12, 6];

it.each([
  ['zero', () => 0],
  // Of 0, 1, ..., 11.
  ['mean', (dimension: number) => dimension + 5.5],
])('lets others in after every row, however much is massive: %s', async (to, expected) => {
  const parameters = { to, floor: 0, ratio: 0 };
  const entry = { what: 'residual', where: { layer: 0 }, parameters } as const;
  const placed: PlacedEntry = { entry, layer: 0, heads: [], kvHeads: [], rows: null, keys: null };
  const context = { model: { dModel: WIDTH }, ids: new Int32Array(TOKENS) } as unknown as Parameters<
    typeof residual
  >[1];
  const values = Float32Array.from({ length: TOKENS * WIDTH }, (_, at) => 1 + (at % WIDTH) + Math.floor(at / WIDTH));
  let before = values.slice();
  let most = 0;
  const breathe = () => {
    most = Math.max(most, values.filter((value, at) => value !== before[at]).length);
    before = values.slice();
    return Promise.resolve();
  };
  const effect = residual(placed, context, undefined);
  if ('prompts' in effect) throw new Error('It reads no other prompts.');
  await effect.residual!(values, 0, breathe);
  await breathe();
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(WIDTH);
  values.forEach((value, at) => expect(value).toBe(expected(1 + (at % WIDTH))));
});
