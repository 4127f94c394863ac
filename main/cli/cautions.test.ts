import { describe, expect, it } from 'vitest';
import { parseInterventions } from '../../shared/model/intervention-text.ts';
import { cautionsOf } from './cautions.ts';

const said = (text: string, tokens = 10) => cautionsOf(parseInterventions(text), tokens);

describe('cautionsOf', () => {
  it('says of experiments that they are, once', () => {
    expect(said('L0H1=zero,L2H3=scale:0.5@3')).toEqual([]);
    expect(said('L0H1=sigmoid,L0H2=sigmoid')).toEqual(['Sigmoid: The model was not trained with it: an experiment.']);
  });

  it('says of positions that the prompt does not have them, where it has none of them', () => {
    expect(said('L0H1=zero@9:20+30')).toEqual([]);
    expect(said('L0H1=zero@10:20+30')).toEqual(['Zero: there is nothing at 10:20+30 in a prompt of 10 tokens.']);
    expect(said('L0H1=drop-keys#12')).toEqual(['Drop keys: there is nothing at 12 in a prompt of 10 tokens.']);
  });
});
