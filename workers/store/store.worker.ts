/** The store worker: one project is open for writing at a time, its journal held by a handle that no other page can take. */
import { serve } from '../protocol/rpc';
import { openProjectStore } from './project-store';

// Not awaited here: calls that came before `serve` would be lost.
serve(
  openProjectStore(() => navigator.storage.getDirectory()),
  self,
);
