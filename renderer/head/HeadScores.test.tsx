import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import type { ScoreSpread } from '../../shared/model/score.ts';
import { makeScoreTable } from '../../shared/model/testing/score-table.ts';
import type { ScoreEntry } from '../scores/score-entries.ts';
import { HeadScores } from './HeadScores.tsx';

afterEach(cleanup);

function entry(name: string, spread: ScoreSpread | null): ScoreEntry {
  const table = { ...makeScoreTable(name, [0.5], { name }), spread };
  return { key: name, info: table.info, origin: undefined, status: 'ready', table, reason: undefined, how: undefined };
}

function spreadOf(prompts: number, low: number, high: number): ScoreSpread {
  const of = (value: number) => Float64Array.of(value);
  return { prompts, deviation: of(0.1), active: of(1), low: of(low), high: of(high) };
}

it('has the number of prompts beside an interval, and no interval of one prompt', () => {
  const entries = [entry('many', spreadOf(7, 0.4, 0.6)), entry('single', spreadOf(1, 0.5, 0.5)), entry('run', null)];
  render(<HeadScores entries={entries} head={{ layer: 0, head: 0 }} heads={1} />);
  const interval = (name: string) =>
    screen.getByRole('row', { name: new RegExp(`^${name} `) }).querySelectorAll('td')[1]!;
  expect(interval('many').textContent).toBe('0.400 to 0.600, n 7');
  expect(interval('many').title).toBe('Mean over 7 prompts, standard deviation 0.100, over 0 on 100%');
  expect(interval('single').textContent).toBe('n 1');
  expect(interval('single').title).toBe('Value of one prompt: there is no interval');
  expect(interval('run').textContent).toBe('');
});

it('marks scores that sinks count in while they are left out', () => {
  const entries = [{ ...entry('own', null), withSinks: true }, entry('other', null)];
  render(<HeadScores entries={entries} head={{ layer: 0, head: 0 }} heads={1} />);
  expect(screen.getByRole('row', { name: /^own with sinks / })).toBeDefined();
  expect(screen.getByRole('row', { name: /^other 0.500/ })).toBeDefined();
  expect(screen.getByText('with sinks').title).toContain('Sinks count in this score');
});
