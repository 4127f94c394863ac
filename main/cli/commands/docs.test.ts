import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeScoreInfo } from '../../../shared/model/testing/score-table.ts';
import { findApp } from '../../files/app-paths.ts';
import { createConsole } from '../console.ts';
import { formatDocs, runDocs } from './docs.ts';

describe('the pages on scores and on methods', () => {
  it('are what the registries give; if not: npm run docs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'headscope-docs-'));
    const nowhere = { write: () => true };
    await runDocs(createConsole(true, { out: nowhere, err: nowhere, setExitCode: () => undefined }), folder);
    for (const name of ['scores.md', 'methods.md']) {
      const page = await readFile(join(folder, 'docs', name), 'utf8');
      expect(await readFile(join(findApp().root, 'docs', name), 'utf8')).toBe(page);
    }
    await rm(folder, { recursive: true });
  });

  it('has all that is known of a score', () => {
    const page = formatDocs(
      [
        makeScoreInfo('streaming', {
          name: 'Streaming',
          group: 'streaming',
          definition: 'How far z W_O moves.',
          source: 'DuoAttention, section 2',
          granularity: 'kv-group',
          cost: 'pass',
          floor: '1 / visible keys',
          parameters: [
            { id: 'sink', name: 'Sink', meaning: 'First keys.', default: null, min: 0, max: 64, integer: true },
            {
              id: 'space',
              name: 'Compared',
              meaning: 'Where.',
              default: 1,
              min: 0,
              max: 1,
              integer: true,
              choices: ['after W_O', 'before'],
            },
          ],
        }),
      ],
      [],
    );
    expect(page).toContain(
      [
        '## Streaming',
        '',
        '### Streaming (`streaming`)',
        '',
        'How far z W_O moves.',
        '',
        '- Source: DuoAttention, section 2',
        '- Unit: probability, by KV group',
        '- Needs: any prompt',
        '- Costs: one more pass over each layer',
        '- Uniform: 1 / visible keys',
        '- Badge: `exact`',
        '- Parameter `sink`, Sink: First keys. 0 to 64; default: follows from the prompt.',
        '- Parameter `space`, Compared: Where. 0 after W_O, 1 before; default: before.',
        '',
      ].join('\n'),
    );
    expect(page).not.toContain('## Sinks');
  });
});
