import { AppError } from '../base/app-error.ts';

/** Deeper nesting than anything that Headscope writes; the transports refuse more than 64 levels. */
const MAX_DEPTH = 48;

/**
 * Reads JSON from a file that nobody vouches for. Throws `session-invalid` where it is no UTF-8, no JSON, nested deeper
 * than `MAX_DEPTH`, or has a key named `__proto__`, which copying would turn into something else.
 *
 * @param name of the entry, for the message
 */
export function parseForeignJson(bytes: Uint8Array, name: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new AppError('session-invalid', `${name} is not JSON.`, { cause });
  }
  const misfit = findMisfit(value);
  if (misfit !== undefined) throw new AppError('session-invalid', `${name} ${misfit}.`);
  return value;
}

/** Without recursion, so that no nesting exhausts the stack. */
function findMisfit(root: unknown): string | undefined {
  const left: { readonly value: unknown; readonly depth: number }[] = [{ value: root, depth: 0 }];
  for (let next = left.pop(); next; next = left.pop()) {
    const { value, depth } = next;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels`;
    if (Object.hasOwn(value, '__proto__')) return 'has a key named __proto__';
    for (const item of Object.values(value)) left.push({ value: item, depth: depth + 1 });
  }
  return undefined;
}

/**
 * JSON text, with keys in the order that they were given. Throws a plain Error, a bug, where a value is one that JSON
 * would change silently: NaN, infinities, undefined, typed arrays, dates.
 */
export function formatJson(value: unknown, name: string): string {
  const path: string[] = [];
  const check = (item: unknown): void => {
    if (item === null || typeof item === 'string' || typeof item === 'boolean') return;
    if (typeof item === 'number' && Number.isFinite(item)) return;
    if (path.length > MAX_DEPTH) throw new Error(`${name} is nested deeper than ${MAX_DEPTH} levels.`);
    if (!Array.isArray(item) && !isPlainObject(item)) {
      throw new Error(`${name} holds at ${path.join('.') || 'its root'} what JSON cannot hold.`);
    }
    for (const [key, inner] of Object.entries(item)) {
      path.push(key);
      check(inner);
      path.pop();
    }
  };
  check(value);
  return `${JSON.stringify(value, null, 1)}\n`;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
