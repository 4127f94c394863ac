import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createTokenizerHashes } from './tokenizer-hashes.ts';

it('hashes the file of a model that was opened, and believes a session about others', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'headscope-'));
  writeFileSync(join(folder, 'tokenizer.json'), '{}');
  const hashes = createTokenizerHashes();
  hashes.know('there', 'told');
  hashes.know('elsewhere', 'told');
  hashes.note('there', folder);
  hashes.note('in id mode', join(folder, 'none'));
  hashes.know('there', 'told again');
  const found = await Promise.all(['there', 'elsewhere', 'in id mode', 'unknown'].map((id) => hashes.of(id)));
  expect(found).toEqual([createHash('sha256').update('{}').digest('hex'), 'told', null, null]);
  rmSync(folder, { recursive: true });
});
