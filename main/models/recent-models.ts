import { z } from 'zod';
import { createRecentList, type RecentList } from '../files/recent-list.ts';

const recentSchema = z.object({ path: z.string(), name: z.string(), detail: z.string() });

export type RecentModel = z.infer<typeof recentSchema>;

/** The folders that were opened last, latest first. */
export type RecentModels = RecentList<RecentModel>;

export function createRecentModels(file: string): RecentModels {
  return createRecentList(file, 'models', recentSchema);
}
