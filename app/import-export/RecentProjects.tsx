import { Copy, Ellipsis, Film, FolderOpen, Pencil, Play, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useApp, useAppState, useEngine } from '../app-context';
import { t } from '../messages/messages';
import { openPicked } from '../open-files';
import { run } from '../run-command';
import type { AwaitedVideo, ProjectSummary } from '../state/projects';
import type { SourceDifference } from '../state/source-difference';
import { Button } from '../ui/Button';
import { IconButton } from '../ui/IconButton';
import { pickFolder } from '../ui/pick-files';
import { Popover } from '../ui/Popover';
import styles from './RecentProjects.module.css';

/** Shown at first; all of them when they are asked for. */
const fewProjects = 3;

/** What this browser keeps: the newest to go on with, and those before. */
export function RecentProjects() {
  const { list, awaited, openElsewhere } = useAppState((state) => state.projects);
  const isOpening = useAppState((state) => state.project.opening !== null);
  const [isWhole, setIsWhole] = useState(false);
  if (isOpening) return null;
  if (awaited) return <Awaited awaited={awaited} />;
  if (list.length === 0) return null;
  const shown = isWhole ? list : list.slice(0, fewProjects);
  return (
    <section className={styles.projects} aria-label={t.projects.title}>
      {openElsewhere ? <OpenElsewhere {...openElsewhere} /> : null}
      <ul className={styles.list}>
        {shown.map((project, n) => (
          <Project key={project.id} project={project} isNewest={n === 0} />
        ))}
      </ul>
      <div className={styles.foot}>
        {shown.length < list.length ? (
          <Button variant="quiet" onClick={() => setIsWhole(true)}>
            {t.projects.all(list.length)}
          </Button>
        ) : null}
        <DeleteAll />
      </div>
    </section>
  );
}

function Project({ project, isNewest }: { project: ProjectSummary; isNewest: boolean }) {
  const { projects } = useEngine();
  const { id, name, changedMs, sizeBytes, picture } = project;
  const label = isNewest ? t.projects.go(name) : t.projects.open(name);
  return (
    <li className={styles.project} data-newest={isNewest || undefined}>
      <button
        type="button"
        className={styles.open}
        aria-label={label}
        onClick={() => run(projects.open(id, document.baseURI))}
      >
        <span className={styles.picture}>
          {picture ? <Picture picture={picture} /> : <Film size={16} aria-hidden />}
          {isNewest ? (
            <span className={styles.play}>
              <Play size={14} fill="currentColor" aria-hidden />
            </span>
          ) : null}
        </span>
        <span className={styles.words}>
          <span className={styles.name}>{isNewest ? label : name}</span>
          <span className={styles.about}>{t.projects.about(changedMs, sizeBytes)}</span>
        </span>
      </button>
      <ProjectMenu project={project} />
    </li>
  );
}

function Picture({ picture }: { picture: Blob }) {
  const image = useRef<HTMLImageElement>(null);
  useEffect(() => {
    const address = URL.createObjectURL(picture);
    image.current!.src = address;
    return () => URL.revokeObjectURL(address);
  }, [picture]);
  return <img ref={image} className={styles.image} alt="" />;
}

function ProjectMenu({ project: { id, name } }: { project: ProjectSummary }) {
  const { projects } = useEngine();
  const [step, setStep] = useState<'closed' | 'menu' | 'rename' | 'delete'>('closed');
  const close = () => setStep('closed');
  const then = (act: () => Promise<unknown>) => () => {
    close();
    run(act());
  };
  return (
    <Popover
      label={t.projects.more(name)}
      width={260}
      state={{ open: step !== 'closed', onOpenChange: (isOpen) => setStep(isOpen ? 'menu' : 'closed') }}
      trigger={
        <IconButton size="small" label={t.projects.more(name)}>
          <Ellipsis size={14} />
        </IconButton>
      }
    >
      {step === 'rename' ? (
        <Rename name={name} onRename={(given) => then(() => projects.rename(id, given))()} />
      ) : step === 'delete' ? (
        <Confirm
          question={t.projects.confirmDelete(name)}
          onCancel={close}
          onConfirm={then(() => projects.delete(id))}
        />
      ) : (
        <div className={styles.actions}>
          <Button onClick={() => setStep('rename')}>
            <Pencil size={14} aria-hidden />
            {t.projects.rename}
          </Button>
          <Button onClick={then(() => projects.duplicate(id, t.projects.copyOf(name)))}>
            <Copy size={14} aria-hidden />
            {t.projects.duplicate}
          </Button>
          <Button onClick={() => setStep('delete')}>
            <Trash2 size={14} aria-hidden />
            {t.projects.delete}
          </Button>
        </div>
      )}
    </Popover>
  );
}

function Rename({ name, onRename }: { name: string; onRename: (name: string) => void }) {
  const [given, setGiven] = useState(name);
  const input = useRef<HTMLInputElement>(null);
  // What had the focus has just gone.
  useEffect(() => input.current?.select(), []);
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        onRename(given);
      }}
    >
      <input
        ref={input}
        className={styles.input}
        aria-label={t.projects.name}
        value={given}
        maxLength={200}
        onChange={(event) => setGiven(event.target.value)}
      />
      <Button type="submit" variant="primary">
        {t.projects.keepName}
      </Button>
    </form>
  );
}

type ConfirmProps = { question: string; onCancel: () => void; onConfirm: () => void };

function Confirm({ question, onCancel, onConfirm }: ConfirmProps) {
  const cancel = useRef<HTMLButtonElement>(null);
  useEffect(() => cancel.current?.focus(), []);
  return (
    <div className={styles.form}>
      <p>{question}</p>
      <div className={styles.answers}>
        <Button ref={cancel} onClick={onCancel}>
          {t.projects.cancel}
        </Button>
        <Button variant="primary" onClick={onConfirm}>
          {t.projects.confirm}
        </Button>
      </div>
    </div>
  );
}

function DeleteAll() {
  const { projects } = useEngine();
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Popover
      label={t.projects.deleteAll}
      width={280}
      state={{ open: isOpen, onOpenChange: setIsOpen }}
      trigger={<Button variant="quiet">{t.projects.deleteAll}</Button>}
    >
      <Confirm
        question={t.projects.confirmDeleteAll}
        onCancel={() => setIsOpen(false)}
        onConfirm={() => {
          setIsOpen(false);
          run(projects.deleteAll());
        }}
      />
    </Popover>
  );
}

/** The project is here and its video is not: the person is asked for it, by its name. */
function Awaited({ awaited: { id, name, fileName, fileCount, isKnown, difference } }: { awaited: AwaitedVideo }) {
  const app = useApp();
  const { projects } = app.engine;
  return (
    <section className={styles.awaited} aria-label={t.projects.go(name)}>
      <p className={styles.name}>{t.projects.awaited(fileName, fileCount)}</p>
      <p className={styles.about}>{t.projects.awaitedAbout(name)}</p>
      {difference ? (
        <p className={styles.difference} role="alert">
          {differenceText(difference)}
        </p>
      ) : null}
      <div className={styles.answers}>
        <Button variant="quiet" onClick={() => run(projects.giveUp())}>
          {t.projects.cancel}
        </Button>
        {isKnown ? <Button onClick={() => run(projects.open(id, document.baseURI))}>{t.projects.known}</Button> : null}
        <Button variant="primary" onClick={() => run(openPicked(app))}>
          <Film size={16} aria-hidden />
          {t.projects.choose}
        </Button>
        {fileCount > 1 ? (
          <Button onClick={() => run(openPicked(app, pickFolder))}>
            <FolderOpen size={16} aria-hidden />
            {t.projects.chooseFolder}
          </Button>
        ) : null}
      </div>
    </section>
  );
}

function differenceText(difference: SourceDifference): string {
  const { kind, expected, given } = difference;
  if (kind === 'count') return t.projects.otherCount(expected, given);
  return kind === 'size' ? t.projects.otherSize(given, expected) : t.projects.otherContent(given, expected);
}

function OpenElsewhere({ id, name }: { id: string; name: string }) {
  const { projects } = useEngine();
  const openCopy = async () => projects.open(await projects.duplicate(id, t.projects.copyOf(name)), document.baseURI);
  return (
    <div className={styles.elsewhere} role="alert">
      <p>{t.projects.elsewhere(name)}</p>
      <Button onClick={() => run(openCopy())}>{t.projects.openCopy}</Button>
    </div>
  );
}
