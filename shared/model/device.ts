/** Where the computation runs. */
export const DEVICES = ['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const;
/** `auto`: the first that passes the self-test, CPU otherwise. */
export type Device = (typeof DEVICES)[number];

/** What was chosen, and why not something else. */
export interface DeviceReport {
  readonly requested: Device;
  /** Execution provider of ONNX Runtime that computes. */
  readonly provider: string;
  /** Providers that were tried and not trusted, with the reason. */
  readonly refused: readonly { readonly provider: string; readonly reason: string }[];
}
