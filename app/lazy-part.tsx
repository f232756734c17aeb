/** Parts of the page that come later, and what stands in their place when they do not. */
import { Component, lazy, Suspense, useState, type ComponentType, type ReactNode } from 'react';
import { importAgain } from './import-again';
import styles from './LazyPart.module.css';
import { t } from './messages/messages';
import { NoticeBar } from './ui/NoticeBar';

type Attempt<P> = { n: number; Content: ComponentType<P>; state: 'on the way' | 'here' | 'failed' };

type LazyPartProps<P> = {
  /** What the part is given. */
  props: P;
  /** For what a person opened: closes it again. */
  onDismiss?: () => void;
};

/**
 * A part in a module of its own, which exports it as `name`.
 * @returns what shows it, and fetches it ahead
 */
export function lazyPart<Name extends string, P extends object>(
  load: () => Promise<Record<Name, ComponentType<P>>>,
  name: Name,
) {
  let latest: Attempt<P> | null = null;
  let hasFailedAhead = false;
  const begin = (n: number): Attempt<P> => {
    const attempt: Attempt<P> = { n, state: 'on the way', Content: () => null };
    const Content = lazy(async () => {
      try {
        const part = (await (n === 0 && !hasFailedAhead ? load() : importAgain(load)))[name];
        attempt.state = 'here';
        return { default: part };
      } catch (error) {
        attempt.state = 'failed';
        throw error;
      }
    });
    attempt.Content = Content as unknown as ComponentType<P>;
    latest = attempt;
    return attempt;
  };
  /** A failed one is nobody's any more. */
  const next = (): Attempt<P> => (latest && latest.state !== 'failed' ? latest : begin(latest ? latest.n + 1 : 0));

  function Part({ props, onDismiss }: LazyPartProps<P>) {
    const [{ attempt, round }, setAttempt] = useState(() => ({ attempt: next(), round: 0 }));
    const { Content } = attempt;
    const failed = () => (
      <NotThere
        hasCome={attempt.state === 'here'}
        isAgain={round > 0}
        isDialog={onDismiss !== undefined}
        onRetry={() => setAttempt({ attempt: next(), round: round + 1 })}
        {...(onDismiss ? { onDismiss } : {})}
      />
    );
    return (
      <PartBoundary key={round} instead={failed}>
        <Suspense>
          <Content {...props} />
        </Suspense>
      </PartBoundary>
    );
  }

  return {
    Part,
    /** Where that fails, it is fetched when it is needed. */
    fetchAhead: async () => {
      await load().catch(() => {
        hasFailedAhead = true;
      });
    },
  };
}

type BoundaryProps = { instead: () => ReactNode; children: ReactNode };

/** What fails in a part leaves the rest of the page as it is. */
class PartBoundary extends Component<BoundaryProps, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    return this.state.hasFailed ? this.props.instead() : this.props.children;
  }
}

type NotThereProps = {
  /** It was there, and broke. */
  hasCome: boolean;
  isAgain: boolean;
  isDialog: boolean;
  onRetry: () => void;
  onDismiss?: () => void;
};

function NotThere({ hasCome, isAgain, isDialog, onRetry, onDismiss }: NotThereProps) {
  const reload = { label: t.laterPart.reload, onClick: () => location.reload() };
  return (
    <div className={isDialog ? styles.dialog : styles.page}>
      <NoticeBar
        text={hasCome ? t.laterPart.broke : isAgain ? t.laterPart.missingAgain : t.laterPart.missing}
        action={{ label: t.laterPart.again, onClick: onRetry }}
        other={isAgain ? reload : null}
        dismiss={onDismiss ? { label: t.dismiss, onClick: onDismiss } : null}
        look="floating"
      />
    </div>
  );
}
