import type { Transport } from '../../shared/contract/frames.ts';

/** Why a connection ended; everything but `gone` needs the person. */
export type CloseCause = 'gone' | 'bad-token' | 'busy' | 'taken-over';

export interface Connection {
  /** Frames sent before it is open wait for it. */
  readonly transport: Transport;
  /** Settles when the connection has ended, with the cause. */
  readonly ended: Promise<CloseCause>;
}

/** The way from this page to its host. */
export interface Connector {
  /** `takeOver`: even if another window is using the engine. */
  connect(options: { readonly takeOver: boolean }): Connection;
}
