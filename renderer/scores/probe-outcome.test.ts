// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { makeScoreTable } from '../../shared/model/testing/score-table.ts';
import { probeNotice, tellingScore } from './probe-outcome.ts';

const values = Float64Array.of(1);

describe('a probe run that has ended', () => {
  const tables = [
    makeScoreTable('entropy', null),
    makeScoreTable('sink', values),
    makeScoreTable('retrieval', values, { data: 'needle' }),
  ];

  it('shows what was asked for by name, else retrieval, else the first there is', () => {
    const held = (of: typeof tables) => ({ tables: of, retrieval: undefined });
    expect(tellingScore(['entropy', 'sink'], held(tables))).toBe('sink');
    expect(tellingScore(undefined, held(tables))).toBe('retrieval');
    expect(tellingScore(undefined, held(tables.slice(0, 2)))).toBe('sink');
    expect(tellingScore(['entropy'], held(tables.slice(0, 1)))).toBeUndefined();
    expect(tellingScore(undefined, undefined)).toBeUndefined();
  });

  it('is announced with what it was made from or why it failed, and not at all where it was cancelled', () => {
    const none = { probe: undefined, probeId: undefined };
    const origin = {
      id: 'probe-1',
      kind: 'probe',
      name: 'Needle',
      detail: '4 prompts',
      ...none,
      modelId: 'm',
    } as const;
    expect(probeNotice('Needle', origin, undefined)).toMatchObject({ tone: 'info' });
    expect(probeNotice('Needle', origin, undefined)?.text).toContain('Needle: scored (4 prompts)');
    const error = { code: 'bad-request', message: 'It does not fit.', hint: 'Ask for less.' } as const;
    expect(probeNotice('Needle', undefined, error)).toEqual({
      tone: 'bad',
      text: 'Needle: It does not fit. Ask for less.',
    });
    expect(probeNotice('Needle', undefined, undefined)).toBeUndefined();
  });
});
