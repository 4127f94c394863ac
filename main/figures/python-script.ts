import type { LoadedFigure } from '../../shared/figure/view.ts';

/**
 * A script that draws the numbers of a figure with matplotlib, from the .npz beside it. It is pasted into notebooks as well,
 * so it does not ask where it lies itself.
 *
 * @param about lines of the head: what the figure is of
 */
export function pythonScript({ python }: LoadedFigure, npzName: string, about: readonly string[]): string {
  const indented = python.map((line) => `${line}\n`).join('');
  return `${about.map((line) => `# ${line.replaceAll(/[\r\n]+/g, ' ')}\n`).join('')}# Reads ${npzName}, which Headscope exports of the same figure as npz.
import numpy as np

data = np.load(${pythonText(npzName)})  # beside the notebook, or in the folder that the script is run in
for name in data.files:
    print(name, data[name].dtype, data[name].shape)

import matplotlib.colors
import matplotlib.pyplot as plt

fig, ax = plt.subplots(layout='constrained')
${indented}plt.show()
`;
}

/** A string literal. What JSON writes is read alike by Python. */
function pythonText(text: string): string {
  return JSON.stringify(text);
}
