import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LoadedFigure } from '../../shared/figure/view.ts';
import { pythonScript } from './python-script.ts';
import { hasPython } from './testing/has-python.ts';

const figure = { python: ["ax.plot(data['values'])"] } as unknown as LoadedFigure;
/** Line ends of any kind, and a declaration of an encoding in which `+AAo-` is one. */
const NASTY = [
  'coding: utf-7 +AAo-import sys; sys.exit(7)',
  'x\nimport sys; sys.exit(7)',
  'x\rimport sys; sys.exit(7)',
  'x\u2028import sys; sys.exit(7)',
  '"); import sys; sys.exit(7)  # ',
];

describe('a script', () => {
  it('says its encoding first and what it is of in comments', () => {
    const lines = pythonScript(figure, 'fig.npz', ['Attention map', 'Model a\nb']).split('\n');
    expect(lines.slice(0, 5)).toEqual([
      '# -*- coding: utf-8 -*-',
      '# Attention map',
      '# Model a b',
      '# Reads fig.npz, which Headscope exports of the same figure as npz.',
      'import numpy as np',
    ]);
  });

  it.each(NASTY)('makes no code of the name %j', (name) => {
    const lines = pythonScript(figure, `${name}.npz`, [`Model ${name}`, name]).split(/[\n\r\u2028]/);
    const [first, ...others] = lines;
    expect(first).toBe('# -*- coding: utf-8 -*-');
    expect(others.slice(0, 3).every((line) => line.startsWith('# '))).toBe(true);
    expect(others[3]).toBe('import numpy as np');
  });

  it.skipIf(!hasPython).each(NASTY)('is read by Python without running the name %j', async (name) => {
    const folder = await mkdtemp(join(tmpdir(), 'headscope-'));
    try {
      await writeFile(join(folder, 'fig.py'), pythonScript(figure, `${name}.npz`, [`Model ${name}`, name]));
      const check = `
import ast, sys
tree = ast.parse(open(sys.argv[1] + '/fig.py', 'rb').read())
print([alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names])
`;
      const imports = execFileSync('python3', ['-c', check, folder], { encoding: 'utf8' });
      expect(imports.trim()).toBe("['numpy', 'matplotlib.colors', 'matplotlib.pyplot']");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
