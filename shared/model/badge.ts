/** How a number came about. Every result carries one; `exact` = computed from F32 captures without approximation. */
export const BADGES = [
  'exact',
  'fp16 capture',
  '8-bit', // read off the overview of a map that a session file keeps
  'binned',
  'sampled',
  'teacher-forced',
  'layer-local',
  'propagated',
  'generated',
  'proxy',
  'oracle',
  'emulated',
  'imported', // read from a file that others wrote
] as const;

export type Badge = (typeof BADGES)[number];
