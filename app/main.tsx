/** Wires the page up: state, workers, commands, scripts' API, interface. */
import '@fontsource-variable/inter/wght.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { LoadModelRequest } from '../workers/protocol/segment-contract';
import { App } from './App';
import { AppContext } from './app-context';
import { createAutomation } from './automation/automation';
import { browserClock } from './engine/browser-clock';
import { browserProjects } from './engine/browser-projects';
import { browserRecording } from './engine/browser-recording';
import { startBrowserThread } from './engine/browser-thread';
import { Engine } from './engine/engine';
import { fetchPartsAhead } from './later-parts';
import { speak } from './language';
import { keepPreferences, readPreferences, rememberModel } from './preferences';
import { pageSettings } from './state/settings';
import { createAppStore, watch } from './state/store';
import { hasUnsavedWork } from './state/unsaved';
import './ui/tokens.css';
import './ui/base.css';

const preferences = readPreferences();
const store = createAppStore(preferences.view, preferences.models, pageSettings);
keepPreferences(store);

const engine = new Engine({
  store,
  startThread: startBrowserThread,
  packUrl: new URL('models/nano/', document.baseURI).href,
  catalogueUrl: new URL('models/sam2/catalogue.json', document.baseURI).href,
  provider: askedProvider(),
  clock: browserClock,
  createAudio: () => new Audio(),
  recordingDevices: browserRecording,
  projectDevices: browserProjects,
});
// Shown in the state when it fails.
startModel(preferences.model).catch(() => undefined);
watch(
  store,
  (state) => state.model.status,
  () => {
    const { source, imageSize } = engine.model.chosen ?? {};
    rememberModel(source?.kind === 'stored' ? { name: source.name, imageSize: imageSize ?? null } : null);
  },
);

window.addEventListener('beforeunload', (event) => {
  const state = store.getState();
  const isRecording = ['recording', 'stopping'].includes(state.recording.phase);
  if (isRecording || hasUnsavedWork(state)) event.preventDefault();
});
void engine.recorder.leftovers.find();
void engine.projects.find();

// Not awaited up here: the catalogue's chunk imports this one, and would wait for it in turn.
const spoken = speak(store, store.getState().view.language).catch(() => speak(store, 'en'));
void spoken.then(
  () => {
    window.masklet = createAutomation(engine, store);
    createRoot(document.getElementById('root')!).render(
      <StrictMode>
        <AppContext value={{ engine, store }}>
          <App />
        </AppContext>
      </StrictMode>,
    );
  },
  () => document.body.append(document.querySelector<HTMLTemplateElement>('#not-loaded')!.content),
);

/** The model of the last visit, or the embedded one where that can't be loaded any more. */
async function startModel(model: ReturnType<typeof readPreferences>['model']): Promise<void> {
  if (model) {
    try {
      await engine.catalogue.load(model.name, model.imageSize ?? undefined);
      return;
    } catch {
      // Its weights may have been removed by the browser.
    }
  }
  await engine.model.load();
}

// Behind the first screen, before they are needed.
void browserClock.idle().then(fetchPartsAhead);

/** `?provider=wasm` or `?provider=webgpu`. */
function askedProvider(): LoadModelRequest['provider'] {
  const asked = new URLSearchParams(location.search).get('provider');
  return asked === 'wasm' || asked === 'webgpu' ? asked : 'auto';
}
