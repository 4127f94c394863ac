/** One number a head. */
export interface Feature {
  readonly name: string;
  /** [layers x heads]; NaN where it is not defined for a head. */
  readonly values: Float64Array;
}
