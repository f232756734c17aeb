/** Wires the page up: state, workers, commands, scripts' API, interface. */
import '@fontsource-variable/inter/wght.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { LoadModelRequest } from '../workers/protocol/segment-contract';
import { App } from './App';
import { AppContext } from './app-context';
import { createAutomation } from './automation/automation';
import { browserClock } from './engine/browser-clock';
import { startBrowserThread } from './engine/browser-thread';
import { Engine } from './engine/engine';
import { keepPreferences, readPreferences } from './preferences';
import { createAppStore } from './state/store';
import './ui/tokens.css';
import './ui/base.css';

const store = createAppStore(readPreferences());
keepPreferences(store);

const engine = new Engine({
  store,
  startThread: startBrowserThread,
  packUrl: new URL('models/nano/', document.baseURI).href,
  provider: askedProvider(),
  clock: browserClock,
  createAudio: () => new Audio(),
});
// Shown in the state when it fails.
engine.model.load().catch(() => undefined);

window.masklet = createAutomation(engine, store);

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <AppContext value={{ engine, store }}>
      <App />
    </AppContext>
  </StrictMode>,
);

/** `?provider=wasm` or `?provider=webgpu`. */
function askedProvider(): LoadModelRequest['provider'] {
  const asked = new URLSearchParams(location.search).get('provider');
  return asked === 'wasm' || asked === 'webgpu' ? asked : 'auto';
}
