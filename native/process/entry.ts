/**
 * The engine process. Started by the shells; options come in the environment:
 * `HEADSCOPE_SHIPPED_MODEL` (folder of the shipped model), `HEADSCOPE_THREADS`, `HEADSCOPE_DEVICE`,
 * `HEADSCOPE_CAPTURE_GIB` (memory that captures may hold before they go to disk).
 */
import { DEVICES } from '../../shared/model/device.ts';
import { captureBudget, createEngine } from '../public/index.ts';
import { serveParent } from './serve-parent.ts';

/** Exit code of a bug, told apart from a clean end by the supervisor. */
const EXIT_BUG = 70;

function die(error: unknown): never {
  console.error('Engine process:', error);
  process.exit(EXIT_BUG);
}
process.on('uncaughtException', die);
process.on('unhandledRejection', die);
// Ctrl-C in a terminal reaches the whole process group; the parent decides when this process ends.
process.on('SIGINT', () => undefined);
// Also while the engine starts: a parent that is gone leaves nothing to work for.
process.on('disconnect', () => process.exit(0));

const threads = Number(process.env['HEADSCOPE_THREADS'] ?? '');
const device = DEVICES.find((name) => name === process.env['HEADSCOPE_DEVICE']);
const engine = createEngine({
  shippedModel: process.env['HEADSCOPE_SHIPPED_MODEL'] ?? '',
  tasks: process.env['HEADSCOPE_TASKS'] ?? '',
  addon: process.env['HEADSCOPE_ADDON'] ?? '',
  ...(Number.isInteger(threads) && threads > 0 ? { threads } : {}),
  ...(device === undefined ? {} : { device }),
  ...captureBudget(process.env['HEADSCOPE_CAPTURE_GIB']),
});
serveParent(process, engine, () => process.exit(0));
