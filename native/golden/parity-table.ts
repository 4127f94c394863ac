/** Collects the errors of a test file and prints them as one table: a line a model, a column a tensor. */
export class ParityTable {
  readonly #title: string;
  /** Largest error by model, then tensor. */
  readonly #errors = new Map<string, Map<string, number>>();
  readonly #limits = new Map<string, number>();

  constructor(title: string) {
    this.#title = title;
  }

  /** Keeps the largest absolute error of each model and tensor. */
  add(model: string, tensor: string, error: number, limit: number): void {
    const row = this.#errors.get(model) ?? new Map<string, number>();
    this.#errors.set(model, row);
    row.set(tensor, Math.max(row.get(tensor) ?? 0, error));
    this.#limits.set(tensor, limit);
  }

  print(): void {
    const width = Math.max(...[...this.#errors.keys()].map((model) => model.length), 'max abs error'.length);
    const tensors = [...this.#limits.keys()];
    const line = (name: string, cells: readonly string[]): string =>
      [name.padEnd(width), ...cells.map((cell, at) => cell.padStart(Math.max(9, tensors[at]!.length)))].join(' ');
    const lines = [
      line('max abs error', tensors),
      ...[...this.#errors].map(([model, row]) =>
        line(
          model,
          tensors.map((tensor) => row.get(tensor)?.toExponential(1) ?? '-'),
        ),
      ),
      line(
        'limit',
        tensors.map((tensor) => limitText(this.#limits.get(tensor)!)),
      ),
    ];
    process.stdout.write(`\nParity: ${this.#title}\n${lines.join('\n')}\n`);
  }
}

function limitText(limit: number): string {
  return limit === 0 ? '0' : `< ${limit.toExponential(0)}`;
}
