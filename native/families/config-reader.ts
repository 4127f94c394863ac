/**
 * Reads config.json field by field. Each read names what was expected, so that a bad file gives a sentence, and is
 * recorded, so that the fields nobody read can be listed.
 */
import { AppError } from '../../shared/base/app-error.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

interface IntegerOptions {
  readonly min?: number;
  readonly max?: number;
  /** Used where the field is absent or null. Without it the field is required. */
  readonly fallback?: number;
}

export class ConfigReader {
  readonly #config: JsonObject;
  readonly #read = new Set<string>();

  constructor(config: JsonObject) {
    this.#config = config;
  }

  /** The raw value; absent and null are both undefined. */
  raw(key: string): unknown {
    this.#read.add(key);
    return this.#config[key] ?? undefined;
  }

  integer(key: string, { min = 1, max = 2 ** 31 - 1, fallback }: IntegerOptions = {}): number {
    const value = this.raw(key) ?? fallback;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      throw this.invalid(key, `a whole number from ${min} to ${max}`);
    }
    return value;
  }

  number(key: string, { positive = true, fallback }: { positive?: boolean; fallback?: number } = {}): number {
    const value = this.raw(key) ?? fallback;
    if (typeof value !== 'number' || !Number.isFinite(value) || (positive && value <= 0)) {
      throw this.invalid(key, positive ? 'a positive number' : 'a number');
    }
    return value;
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.raw(key) ?? fallback;
    if (typeof value !== 'boolean') throw this.invalid(key, 'true or false');
    return value;
  }

  string(key: string, fallback: string): string {
    const value = this.raw(key) ?? fallback;
    if (typeof value !== 'string') throw this.invalid(key, 'a text');
    return value;
  }

  /** A nested object, or undefined. Counts as read as a whole. */
  object(key: string): JsonObject | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) throw this.invalid(key, 'an object');
    return value as JsonObject;
  }

  /** Refuses a field whose value asks for a computation that is not implemented. */
  demand(key: string, allowed: readonly unknown[], meaning: string): void {
    const value = this.raw(key);
    if (value === undefined || allowed.includes(value)) return;
    throw unsupported(
      `config.json sets “${key}” to ${JSON.stringify(value)}; ${meaning}`,
      allowed.length === 0
        ? 'Headscope does not compute this. Open a model without it.'
        : `Headscope computes ${allowed.map((item) => JSON.stringify(item)).join(' or ')} here. Open a model that uses it.`,
    );
  }

  invalid(key: string, expected: string): AppError {
    const value = this.#config[key];
    const found = value === undefined ? 'the field is missing' : `found ${shorten(JSON.stringify(value))}`;
    return new AppError('config-invalid', `config.json: “${key}” should be ${expected}; ${found}.`, {
      hint: 'Check that the folder holds the complete, unmodified config.json of the model.',
    });
  }

  /** Fields that nothing has read, sorted. */
  ignored(): string[] {
    return Object.keys(this.#config)
      .filter((key) => !this.#read.has(key))
      .sort();
  }
}

export function unsupported(message: string, hint: string): AppError {
  return new AppError('unsupported-config', message, { hint });
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
