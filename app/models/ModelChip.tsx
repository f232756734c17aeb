import { Boxes, Cpu, LoaderCircle, TriangleAlert, Zap } from 'lucide-react';
import type { ModelStatus } from '../../workers/protocol/segment-contract';
import { useApp, useAppState, useEngine } from '../app-context';
import { failureText, t } from '../messages/messages';
import { run } from '../run-command';
import { loadedShare, type ModelState } from '../state/model';
import { patch } from '../state/store';
import { Button } from '../ui/Button';
import { Popover } from '../ui/Popover';
import { ProgressBar } from '../ui/ProgressBar';
import { MemoryInUse } from './MemoryInUse';
import styles from './ModelChip.module.css';

/** Which model runs, on what, and how fast; more in its popover. */
export function ModelChip() {
  const model = useAppState((state) => state.model);
  return (
    <Popover
      label={t.model.about}
      trigger={
        <button type="button" className={styles.chip} data-stage={model.stage} aria-label={chipText(model)}>
          <StageIcon model={model} />
          <span className={styles.word}>{chipText(model)}</span>
        </button>
      }
    >
      <ModelPanel model={model} />
      <OtherModels />
    </Popover>
  );
}

function StageIcon({ model }: { model: ModelState }) {
  if (model.stage === 'failed') return <TriangleAlert size={14} className={styles.failed} aria-hidden />;
  if (model.stage !== 'ready') return <LoaderCircle size={14} className={styles.spinner} aria-hidden />;
  if (model.status?.provider === 'webgpu') return <Zap size={14} aria-hidden />;
  return <Cpu size={14} aria-hidden />;
}

function chipText(model: ModelState): string {
  const { stage, status, msPerFrame } = model;
  if (stage === 'download') return t.model.loading(loadedShare(model));
  if (stage !== 'ready' || !status) return t.model.stage[stage === 'ready' ? 'idle' : stage];
  const parts = [status.name, t.model.provider[status.provider]];
  if (msPerFrame !== null) parts.push(t.model.perFrame(msPerFrame));
  return parts.join(' · ');
}

function ModelPanel({ model }: { model: ModelState }) {
  const engine = useEngine();
  const { stage, status, failure } = model;
  if (stage === 'failed' && failure) {
    return (
      <div className={styles.panel}>
        <h2 className={styles.title}>{t.model.stage.failed}</h2>
        <p className={styles.why}>{failureText(failure)}</p>
        <div className={styles.buttons}>
          <Button onClick={() => run(engine.model.load('wasm'))}>{t.model.runOnWasm}</Button>
          <Button variant="primary" onClick={() => run(engine.model.load('auto'))}>
            {t.model.retry}
          </Button>
        </div>
      </div>
    );
  }
  if (stage !== 'ready' || !status) {
    return (
      <div className={styles.panel}>
        <h2 className={styles.title}>{chipText(model)}</h2>
        <ProgressBar label={t.model.about} share={stage === 'download' ? loadedShare(model) : null} />
        {stage === 'download' && model.totalBytes > 0 ? (
          <p className={styles.why}>{t.model.download(model.loadedBytes, model.totalBytes)}</p>
        ) : null}
      </div>
    );
  }
  const { rows } = t.model;
  return (
    <div className={styles.panel}>
      <h2 className={styles.title}>
        {status.title} <span className={styles.version}>{status.version}</span>
      </h2>
      <dl className={styles.rows}>
        <dt>{rows.runsOn}</dt>
        <dd>{t.model.runsOn[status.provider]}</dd>
        <dt>{rows.device}</dt>
        <dd>{status.threads === null ? status.device : t.model.threads(status.threads)}</dd>
        <dt>{rows.precision}</dt>
        <dd>{t.model.precision[status.precision]}</dd>
        <dt>{rows.input}</dt>
        <dd>{t.model.inputSize(status.imageSize)}</dd>
        <dt>{rows.speed}</dt>
        <dd>{model.msPerFrame === null ? t.model.speedUnknown : t.model.speed(model.msPerFrame)}</dd>
        <MemoryInUse />
      </dl>
      <p className={styles.why}>{t.model.why[status.provider]}</p>
      {status.fallback ? (
        <p className={styles.fallback}>
          <strong>{t.model.whyTitle[status.provider]}</strong> {failureText(status.fallback)}
        </p>
      ) : null}
      <ProviderSwitch status={status} />
    </div>
  );
}

function OtherModels() {
  const { store } = useApp();
  return (
    <div className={styles.others}>
      <Button variant="quiet" onClick={() => patch(store, 'view', { isModelsOpen: true })}>
        <Boxes size={14} aria-hidden />
        {t.models.open}
      </Button>
    </div>
  );
}

/** Offered where the other provider may work: WASM was asked for, or WebGPU is in use. */
function ProviderSwitch({ status }: { status: ModelStatus }) {
  const engine = useEngine();
  if (status.provider === 'wasm' && status.fallback) return null;
  const other = status.provider === 'wasm' ? 'auto' : 'wasm';
  return (
    <div className={styles.buttons}>
      <Button onClick={() => run(engine.model.load(other))}>
        {other === 'wasm' ? t.model.runOnWasm : t.model.tryWebgpu}
      </Button>
    </div>
  );
}
