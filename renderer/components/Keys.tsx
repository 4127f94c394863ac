import { formatKeys } from '../commands/keys.ts';

export function Keys({ keys, isMac }: { readonly keys: string; readonly isMac: boolean }) {
  return <kbd className="hs-keys">{formatKeys(keys, isMac)}</kbd>;
}
