export interface FakeShape {
  readonly tokens: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly seed?: number;
  /** Keys that a query sees, itself included; all that are not in its future where it is absent. */
  readonly window?: number;
}
