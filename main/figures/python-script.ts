import { pythonComment, pythonText } from '../../shared/figure/python-text.ts';
import type { LoadedFigure } from '../../shared/figure/view.ts';

/**
 * A script that draws the numbers of a figure with matplotlib, from the .npz beside it. It is pasted into notebooks as well,
 * so it does not ask where it lies itself. Its encoding stands first, so that no other line is read as one.
 *
 * @param about lines of the head: what the figure is of
 */
export function pythonScript({ python }: LoadedFigure, npzName: string, about: readonly string[]): string {
  const comments = [...about, `Reads ${npzName}, which Headscope exports of the same figure as npz.`];
  return `# -*- coding: utf-8 -*-
${comments.map(pythonComment).join('\n')}
import numpy as np

data = np.load(${pythonText(npzName)})  # beside the notebook, or in the folder that the script is run in
for name in data.files:
    print(name, data[name].dtype, data[name].shape)

import matplotlib.colors
import matplotlib.pyplot as plt

fig, ax = plt.subplots(layout='constrained')
${python.map((line) => `${line}\n`).join('')}plt.show()
`;
}
