/** Where the page stands with its host, and the host with its engine process. */
export type ConnectionState =
  | { readonly status: 'connecting' }
  | { readonly status: 'open' }
  /** The host went away; another attempt follows by itself. */
  | { readonly status: 'lost'; readonly reason: string; readonly attempt: number }
  | { readonly status: 'bad-token' }
  /** Another window holds the engine. */
  | { readonly status: 'busy' }
  /** This window was open first, another one took the engine. */
  | { readonly status: 'taken-over' };

export interface HostState {
  readonly connection: ConnectionState;
  readonly shell: 'desktop' | 'browser';
  readonly platform: string;
  readonly version: string;
  /** `restarting` from the moment the engine process ended until its successor has run what was on screen. */
  readonly engine: 'ready' | 'restarting';
}

export const initialHost: HostState = {
  connection: { status: 'connecting' },
  shell: 'browser',
  platform: '',
  version: '',
  engine: 'ready',
};
