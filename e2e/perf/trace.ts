/** The tasks of the page's thread, as the browser itself timed them. */
import type { Page } from '@playwright/test';

type TraceEvent = {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  tdur?: number;
  args: { name?: string };
};

export type Tasks = {
  /** ms, the longest first: by the clock, and of the processor's time. */
  wallMs: number[];
  cpuMs: number[];
};

/** What ran on the page's thread while `act` did what it does. Times of the processor leave out what other programs took. */
export async function tasksDuring(page: Page, act: () => Promise<unknown>): Promise<Tasks> {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const includedCategories = ['toplevel', 'disabled-by-default-devtools.timeline'];
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories } });
  await act();
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await complete;
  await session.detach();

  const isTask = ({ name, ph }: TraceEvent) => ph === 'X' && /^(ThreadControllerImpl::)?RunTask$/.test(name);
  const mains = events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  const byThread = mains.map(({ pid, tid }) =>
    events.filter((event) => event.pid === pid && event.tid === tid && isTask(event)),
  );
  const busiest = byThread.toSorted((a, b) => b.length - a.length)[0] ?? [];
  // Both names stand for the same task, one inside the other.
  const outer: TraceEvent[] = [];
  for (const event of busiest.toSorted((a, b) => a.ts - b.ts || b.dur! - a.dur!)) {
    const last = outer.at(-1);
    if (!last || event.ts >= last.ts + last.dur!) outer.push(event);
  }
  const descending = (times: number[]) => times.toSorted((a, b) => b - a);
  return {
    wallMs: descending(outer.map(({ dur }) => dur! / 1000)),
    cpuMs: descending(outer.map(({ tdur }) => (tdur ?? 0) / 1000)),
  };
}
