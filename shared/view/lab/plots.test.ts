import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LabRow, LabTaskRecord } from '../../model/lab.ts';
import type { MethodTaskRow } from '../../model/method-task.ts';
import { frontPhases, frontWords, labPlot, legendLines, shortName, taskPlot, type LabPanel } from './plots.ts';
import { looksOf, type SeriesLook } from './series.ts';

/** Of a method with one budget; what plots do not read is left out. */
function row(method: string, share: number, ratio: number, outputErrorWO: number, denseHere = false): LabRow {
  return {
    choice: { method, parameters: {}, budget: { share } },
    info: { name: method.toUpperCase(), parameters: [], budget: { meaning: '', default: null, source: '' } },
    result: { ratio, outputErrorWO, denseHere, phase: 'decode', prediction: null, generated: null, notGiven: {} },
    error: null,
  } as unknown as LabRow;
}

const lookOf = (method: string): SeriesLook | undefined => [...looksOf([{ method, parameters: {} }]).values()][0];

const failed: LabRow = {
  ...row('quest', 0.1, 0, 0),
  result: null,
  error: { code: 'bad-request', message: 'Too few keys.' },
};

it('draws a line a method by cost, the front over all, and leaves out what is dense here', () => {
  const rows = [
    row('dense', 1, 1, 0, true),
    row('h2o', 0.5, 0.5, 0.2),
    row('h2o', 0.25, 0.25, 0.6),
    row('snapkv', 0.25, 0.3, 0.3),
    row('snapkv', 0.9, 0.97, 0.01, true),
    failed,
  ];
  const plot = labPlot(rows, 'outputErrorWO', 'ratio', false);
  const [panel] = plot.panels as [LabPanel];
  expect([plot.panels.length, panel.name]).toEqual([1, '']);
  expect(panel.lines.map(({ name, look, points }) => [name, look, points.map((point) => point.row)])).toEqual([
    ['H2O', lookOf('h2o'), [2, 1]],
    ['SNAPKV', lookOf('snapkv'), [3]],
  ]);
  expect(panel.fronts).toEqual([
    {
      phase: 'decode',
      points: [
        { x: 0.25, y: 0.6, row: 2 },
        { x: 0.3, y: 0.3, row: 3 },
        { x: 0.5, y: 0.2, row: 1 },
        { x: 1, y: 0, row: null },
      ],
      steps: [
        { x: 0.25, y: plot.y.hi },
        { x: 0.25, y: 0.6 },
        { x: 0.3, y: 0.6 },
        { x: 0.3, y: 0.3 },
        { x: 0.5, y: 0.3 },
        { x: 0.5, y: 0.2 },
        { x: plot.x.hi, y: 0.2 },
      ],
    },
  ]);
  expect(panel.dense).toBe(0);
  expect(plot.leftOut).toEqual(['Dense at this length, so not drawn: SNAPKV 90%.']);
  expect(plot.x).toMatchObject({ lo: 0, log: false });
  expect(plot.y.lo).toBe(0);
  expect(plot.y.hi).toBeGreaterThanOrEqual(0.6);
});

/** A row of a method of its own, as property tests draw them. */
const anyRow = fc.record({
  ratio: fc.integer({ min: 1, max: 14 }).map((tenths) => tenths / 10),
  error: fc.integer({ min: 0, max: 12 }).map((tenths) => tenths / 10),
  phase: fc.constantFrom('prefill' as const, 'decode' as const),
  isOracle: fc.boolean(),
});

it('has nothing on a front that a method of the same queries, or dense attention, beats, and leaves nothing else out', () => {
  fc.assert(
    fc.property(fc.array(anyRow, { maxLength: 24 }), (drawn) => {
      const rows = drawn.map(({ ratio, error, phase, isOracle }, at): LabRow => {
        const made = row(`m${at}`, 0.5, ratio, error);
        const badge = isOracle ? 'oracle' : 'exact';
        return { ...made, info: { ...made.info, badge }, result: { ...made.result!, phase } };
      });
      const fronts = labPlot(rows, 'outputErrorWO', 'ratio', false).panels[0]?.fronts ?? [];
      for (const phase of ['prefill', 'decode'] as const) {
        const own = drawn.flatMap((one, at) => (one.phase === phase && !one.isOracle ? [{ ...one, row: at }] : []));
        const all = [...own, { ratio: 1, error: 0, row: null }];
        const beaten = (point: (typeof all)[number]) =>
          all.some(
            ({ ratio, error }) =>
              ratio <= point.ratio && error <= point.error && (ratio < point.ratio || error < point.error),
          );
        const wanted = all.filter((point) => !beaten(point)).map((point) => point.row);
        const isChoice = own.length > 1 && wanted.some((at) => at !== null);
        const front = fronts.find((one) => one.phase === phase)?.points ?? [];
        expect(new Set(front.map((point) => point.row))).toEqual(new Set(isChoice ? wanted : []));
      }
    }),
  );
});

it('names points where no method has a second one', () => {
  const rows = [row('h2o', 0.5, 0.5, 0.2), row('snapkv', 0.5, 0.4, 0.3)];
  expect(labPlot(rows, 'outputErrorWO', 'ratio', false).named).toBe(true);
  expect(labPlot([...rows, row('h2o', 0.2, 0.2, 0.4)], 'outputErrorWO', 'ratio', false).named).toBe(false);
  expect(shortName('H2O (heavy hitters), window 4')).toBe('H2O, window 4');
});

it('says that oracles are not on the front, and which queries it is of where there are two', () => {
  const rows = [row('h2o', 0.5, 0.5, 0.2), row('snapkv', 0.5, 0.4, 0.3)];
  const oracle = { ...row('topk', 0.5, 0.3, 0.1), info: { ...row('topk', 0, 0, 0).info, badge: 'oracle' as const } };
  const plain = labPlot(rows, 'outputErrorWO', 'ratio', false);
  expect(frontWords(plain, 'decode').name).toBe('Pareto front');
  const data = labPlot([...rows, oracle], 'outputErrorWO', 'ratio', false);
  expect(frontWords(data, 'decode').name).toBe('Pareto front (without oracles)');
  expect(frontWords(data, 'decode').title).toContain('Oracles do not');
  const early = rows.map((one) => ({
    ...one,
    choice: { ...one.choice, method: `early-${one.choice.method}` },
    result: { ...one.result!, phase: 'prefill' as const },
  }));
  const mixed = labPlot([...rows, ...early], 'outputErrorWO', 'ratio', false);
  expect(frontPhases(mixed)).toEqual(['prefill', 'decode']);
  expect(frontPhases(mixed).map((phase) => frontWords(mixed, phase).name)).toEqual([
    'Pareto front (queries of the prompt)',
    'Pareto front (queries after it)',
  ]);
});

it('says which lines are of other queries than the others', () => {
  const of = (method: string) => {
    const made = row(method, 0.5, 0.5, 0.2);
    return { ...made, result: { ...made.result!, phase: 'prefill' as const } };
  };
  const plot = labPlot(
    [row('h2o', 0.5, 0.5, 0.2), of('seer'), of('seer'), of('flex')],
    'outputErrorWO',
    'ratio',
    false,
  );
  expect(plot.leftOut).toEqual(['Measured on queries of the prompt, all others on those after it: SEER; FLEX.']);
  expect(labPlot([of('seer'), of('flex')], 'outputErrorWO', 'ratio', false).leftOut).toEqual([]);
});

it('says which rows have no such measure, and draws none of them', () => {
  const made = row('h2o', 0.5, 0.5, 0.2);
  const notGiven = { kl: 'Layer-local runs predict nothing.' };
  const plot = labPlot([{ ...made, result: { ...made.result!, notGiven } }], 'kl', 'ratio', true);
  expect(plot.panels).toEqual([]);
  expect(plot.leftOut).toEqual(['1 row without this measure.']);
  expect(plot.nothing).toBe('Nothing to draw: no row has this measure. Layer-local runs predict nothing.');
});

it('has a logarithmic scale of costs over nothing but positive ones', () => {
  const rows = [row('h2o', 0.5, 0.5, 0.2), row('h2o', 0.1, 0.09, 0.4)];
  const plot = labPlot(rows, 'outputErrorWO', 'ratio', true);
  expect(plot.x.log).toBe(true);
  expect(plot.x.lo).toBeGreaterThan(0);
  expect(plot.x.lo).toBeLessThanOrEqual(0.09);
  expect(labPlot([...rows, row('x', 0, 0, 1)], 'outputErrorWO', 'ratio', true).x.log).toBe(false);
});

it('has a panel for each view of the question, in which a method keeps its colour, with intervals of accuracy', () => {
  const of = (method: string, question: 'seen' | 'unseen', value: number, ratio: number) =>
    ({
      choice: { method, parameters: {}, budget: { share: ratio } },
      question,
      measures: { ratio },
      accuracy: { value, low: value - 0.1, high: value + 0.1 },
      resolved: { budget: 8 },
      n: 4,
      denseHere: ratio > 0.95 ? 4 : 0,
      notGiven: {},
    }) as unknown as MethodTaskRow;
  const rows = [
    of('dense', 'unseen', 0.9, 1),
    of('dense', 'seen', 0.95, 1),
    of('snapkv', 'unseen', 0.2, 0.25),
    of('snapkv', 'unseen', 0.5, 0.5),
    of('snapkv', 'seen', 0.8, 0.25),
    of('snapkv', 'seen', 0.9, 0.97),
    of('h2o', 'seen', 0.6, 0.2),
  ];
  const record = { rows, names: { snapkv: 'SnapKV', h2o: 'H2O' } } as unknown as LabTaskRecord;
  const plot = taskPlot(record, 'accuracy', 'ratio', false);
  const { panels, y, leftOut } = plot;
  expect(
    panels.map(({ name, dense, lines }) => [name, dense, lines.map((line) => [line.name, line.hollow, line.look])]),
  ).toEqual([
    ['question unseen', 0.9, [['SnapKV', false, lookOf('snapkv')]]],
    [
      'question seen',
      0.95,
      [
        ['SnapKV', true, lookOf('snapkv')],
        ['H2O', true, lookOf('h2o')],
      ],
    ],
  ]);
  // Of a panel alone: a method that sees the question would beat all that do not.
  expect(panels.map(({ fronts }) => fronts.map(({ points }) => points))).toEqual([
    [],
    [
      [
        { x: 0.2, y: 0.6, row: 6 },
        { x: 0.25, y: 0.8, row: 4 },
        { x: 1, y: 0.95, row: null },
      ],
    ],
  ]);
  expect(legendLines(plot).map(({ name }) => name)).toEqual(['SnapKV', 'H2O']);
  const unseen = rows.filter(({ question }) => question === 'unseen');
  expect(taskPlot({ ...record, rows: unseen }, 'accuracy', 'ratio', false).panels.map(({ name }) => name)).toEqual([
    '',
  ]);
  expect(panels[0]!.lines[0]!.points).toEqual([
    { x: 0.25, y: 0.2, row: 2, budget: '25%', low: 0.1, high: expect.closeTo(0.3) as number },
    { x: 0.5, y: 0.5, row: 3, budget: '50%', low: 0.4, high: 0.6 },
  ]);
  expect(y).toMatchObject({ lo: 0, hi: 1 });
  expect(leftOut).toEqual(['Dense at this length, so not drawn: SnapKV 97%.']);
});
