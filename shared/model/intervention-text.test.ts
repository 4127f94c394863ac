import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INTERVENTION_KINDS } from './intervention-kinds/index.ts';
import type { AppError } from '../base/app-error.ts';
import { formatInterventions, interventionsKey, parseInterventions } from './intervention-text.ts';
import { interventionSchema, type Intervention } from './intervention.ts';
import type { Place } from './place.ts';

describe('interventions as text', () => {
  it('are read from one line', () => {
    expect(parseInterventions('L0H1=zero, L2H3=scale:0.5,4.5')).toEqual([
      { what: 'zero', where: { layer: 0, head: 1 } },
      { what: 'scale', where: { layer: 2, head: 3 }, parameters: { factor: 0.5 } },
      { what: 'zero', where: { layer: 4, head: 5 } },
    ]);
    expect(parseInterventions('')).toEqual([]);
    expect(
      parseInterventions('L5KV0=drop-keys#0:4+9\noff L3 = streaming:window=32 @ 100:200\nL1H0=patch:z:end<-17 4 99;3'),
    ).toEqual([
      {
        what: 'drop-keys',
        where: { layer: 5, kvHead: 0 },
        keys: [
          { start: 0, end: 4 },
          { start: 9, end: 10 },
        ],
      },
      {
        what: 'streaming',
        where: { layer: 3 },
        rows: [{ start: 100, end: 200 }],
        parameters: { window: 32 },
        off: true,
      },
      {
        what: 'patch',
        where: { layer: 1, head: 0 },
        parameters: { what: 'z', align: 'end' },
        source: { prompts: [[17, 4, 99], [3]] },
      },
    ]);
    expect(parseInterventions('L1H0=mean:position<-needle*8/7')[0]!.source).toEqual({
      task: 'needle',
      samples: 8,
      seed: 7,
    });
  });

  it.each([
    ['L0H1=scale:', 'factor cannot be “”'],
    ['L0H1=scale:abc', 'factor cannot be “abc”'],
    ['L0H1=zero:3', 'zero has no parameter'],
    ['L0H1=nothing', 'names no kind'],
    ['L0H1=zero=3', 'names no kind'],
    ['L0H1=', 'is not an intervention'],
    ['H1=zero', 'is not an intervention'],
    ['L0H1=residual', 'cannot be done to a query head'],
    ['L0H1=drop-keys#4:2', 'is no list of positions'],
    ['L0H1=patch<-one two', 'names no other prompts'],
    ['L0H1=streaming:1.5', 'sink cannot be “1.5”'],
  ])('say what is wrong with %s', (text, message) => {
    expect(() => parseInterventions(text)).toThrow(message);
  });

  it('drops nothing that stands there, so that what a kind has no use for is refused and not passed over', () => {
    expect(parseInterventions('L0H1=zero#0:4')).toEqual([
      { what: 'zero', where: { layer: 0, head: 1 }, keys: [{ start: 0, end: 4 }] },
    ]);
  });

  it('tells the bounds of a parameter where it has some', () => {
    const hintOf = (text: string) => {
      try {
        parseInterventions(text);
      } catch (error) {
        return (error as AppError).hint;
      }
      return undefined;
    };
    expect(hintOf('L0H1=scale:abc')).toBe('It is a number.');
    expect(hintOf('L0H1=temperature:0')).toBe('It is a number from 0.001 to 1000.');
  });

  const position = fc.integer({ min: 0, max: 900 });
  const ranges = fc.array(
    fc.tuple(position, fc.integer({ min: 1, max: 50 })).map(([start, length]) => ({ start, end: start + length })),
    { minLength: 1, maxLength: 3 },
  );
  const small = fc.integer({ min: 0, max: 31 });
  const entry = fc.constantFrom(...INTERVENTION_KINDS).chain((kind) => {
    const places: Record<(typeof kind.places)[number], fc.Arbitrary<Place>> = {
      head: fc.record({ layer: small, head: small }),
      'kv-group': fc.record({ layer: small, kvHead: small }),
      layer: fc.record({ layer: small }),
    };
    const values = Object.fromEntries(
      kind.parameters.map((parameter) => [
        parameter.id,
        parameter.type === 'choice'
          ? fc.constantFrom(...parameter.choices.map(({ id }) => id))
          : parameter.integer
            ? fc.integer({ min: parameter.min, max: parameter.max })
            : fc.double({ min: parameter.min, max: parameter.max, noNaN: true }).map((value) => value + 0),
      ]),
    );
    return fc.record<Intervention>(
      {
        what: fc.constant(kind.id),
        where: fc.constantFrom(...kind.places).chain((place) => places[place]),
        rows: ranges,
        keys: ranges,
        ...(kind.parameters.length > 0 && { parameters: fc.record(values) }),
        source: fc.oneof(
          fc.record({
            prompts: fc.array(fc.array(small, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
          }),
          fc.record({ task: fc.constant('needle'), samples: fc.integer({ min: 1, max: 99 }), seed: small }),
        ),
        off: fc.constant(true as const),
      },
      { requiredKeys: ['what', 'where'] },
    );
  });

  it('are written so that they can be read again, and so are their keys', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), (list) => {
        const read = parseInterventions(formatInterventions(list));
        expect(read).toEqual(list);
        expect(read.map((item) => interventionSchema.parse(item))).toEqual(list);
        expect(interventionsKey(parseInterventions(interventionsKey(list)))).toBe(interventionsKey(list));
      }),
    );
  });

  it('have keys without what is off, and with defaults', () => {
    expect(interventionsKey(parseInterventions('L0H1=zero\noff L0H2=zero\nL0H3=window'))).toBe(
      'L0H1=zero,L0H3=window:64',
    );
  });

  it('stood with a bare factor in files of before', () => {
    const where = { layer: 0, head: 1 };
    expect(interventionSchema.parse({ what: 'scale', where, factor: 2 })).toEqual({
      what: 'scale',
      where,
      parameters: { factor: 2 },
    });
  });
});
