/** What a figure can be saved as. `py`: a script that draws the numbers of the .npz beside it with matplotlib. */
export const FIGURE_FORMATS = ['png', 'svg', 'csv', 'json', 'npz', 'py'] as const;
export type FigureFormat = (typeof FIGURE_FORMATS)[number];

export const MEDIA_TYPES: Readonly<Record<FigureFormat, string>> = {
  png: 'image/png',
  svg: 'image/svg+xml',
  csv: 'text/csv',
  json: 'application/json',
  npz: 'application/octet-stream',
  py: 'text/x-python',
};
