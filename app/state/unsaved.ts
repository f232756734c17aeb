/** What would be lost with the page, or with another video in place of the open one. */
import { isPrompted } from './prompts';
import type { AppState } from './store';

/** What an export was made of, by identity. */
export type SavedWork = Pick<AppState, 'objects' | 'prompts' | 'masklets'>;

type Work = SavedWork & Pick<AppState, 'project' | 'projects' | 'exporting'>;

/** Something was prompted, and what there is now is neither kept in this browser nor exported. */
export function hasUnsavedWork({ project, projects, objects, prompts, masklets, exporting: { saved } }: Work): boolean {
  if (projects.saving === 'saved') return false;
  if (!project.video || !objects.list.some(({ id }) => isPrompted(prompts, id))) return false;
  return saved?.prompts !== prompts || saved.masklets !== masklets || saved.objects !== objects;
}
