/** What heads look like in numbers, for finding similar ones. H = layers x heads. */
export interface HeadDescriptors {
  /** Names of the features. */
  readonly features: readonly string[];
  /** Features that say nothing here, since all heads have the same or none: left out. */
  readonly dropped: readonly string[];
  /** Standardised by feature over all heads, [H, features]. */
  readonly values: Float64Array;
  /** The nearest heads of each, nearest first, [H, nearest], as layer x heads + head. */
  readonly nearest: Int32Array;
  /** Euclidean distances to them, likewise. */
  readonly distances: Float64Array;
  /** Cluster of each head, [H]; found by k-means over several seeds. */
  readonly clusters: Int32Array;
  readonly silhouette: number;
  /** Mean adjusted Rand index between seeds: 1 = the same clusters every time. */
  readonly stability: number;
}
