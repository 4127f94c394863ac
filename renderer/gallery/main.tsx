/**
 * The whole window over the fake engine, for looking at and for screenshots; served by the development server only.
 * `gallery.html?tokens=2000&layers=12&heads=12&layerMs=400&tokenMs=60&idMode&noBos`.
 */
import '../styles/index.css';
import { startApp } from '../app/start-app.tsx';
import { FAKE_TEXT } from '../testing/fake-engine.ts';
import { createFakeHost, type FakeHost } from '../testing/fake-host.ts';
import { fakeTransfer } from '../testing/fake-transfer.ts';

declare global {
  interface Window {
    fakeHost?: FakeHost;
  }
}

const query = new URLSearchParams(location.search);
const number = (name: string, fallback: number) => Number(query.get(name) ?? fallback);
const repeats = Math.ceil(number('tokens', 69) / 69);

const host = createFakeHost({
  layers: number('layers', 4),
  heads: number('heads', 8),
  kvHeads: number('kvHeads', 4),
  context: number('context', 4096),
  layerMs: number('layerMs', 0),
  tokenMs: number('tokenMs', 0),
  tokenizer: !query.has('idMode'),
  bos: !query.has('noBos'),
  exampleText: Array.from({ length: repeats }, () => FAKE_TEXT).join('\n'),
});
window.fakeHost = host;
startApp(document.getElementById('root'), {
  connector: host.connector,
  transfer: fakeTransfer,
});
