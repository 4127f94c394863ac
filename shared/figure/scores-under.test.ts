// @vitest-environment node
import { expect, it } from 'vitest';
import { figureRecipeSchema } from './recipe.ts';
import { scoresUnder } from './scores-under.ts';

const under = (recipe: unknown, brought: readonly string[] = []) =>
  scoresUnder(figureRecipeSchema.parse(recipe), brought);

it('figures of scores draw the twins where sinks are left out', () => {
  const sinkMode = 'renormalise';
  expect(under({ view: 'atlas', score: 'entropy', sinkMode })).toMatchObject({ score: 'entropy-sink-free' });
  expect(under({ view: 'histogram', score: 'induction', sinkMode })).toMatchObject({ score: 'induction' });
  expect(under({ view: 'scatter', x: 'sink', y: 'distance', sinkMode })).toMatchObject({
    x: 'sink',
    y: 'distance-sink-free',
  });
  expect(under({ view: 'ranked', sortBy: 'head', scores: ['local-32', 'local-32-sink-free'], sinkMode })).toMatchObject(
    {
      sortBy: 'head',
      scores: ['local-32-sink-free'],
    },
  );
  const shown = figureRecipeSchema.parse({ view: 'atlas', score: 'entropy' });
  expect(scoresUnder(shown, [])).toEqual(shown);
});

it('scores that were brought along have the twins that were brought along', () => {
  const recipe = { view: 'atlas', score: 'probe-1:entropy', sinkMode: 'exclude' };
  expect(under(recipe)).toMatchObject({ score: 'probe-1:entropy' });
  expect(under(recipe, ['probe-1:entropy-sink-free'])).toMatchObject({ score: 'probe-1:entropy-sink-free' });
});
