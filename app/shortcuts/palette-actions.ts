/** Commands of the palette that have no keys of their own. */
import type { App } from '../app-context';
import { sourceFiles } from '../engine/source-files';
import { openPicked } from '../open-files';
import { patch, type AppState } from '../state/store';
import { themes, type Theme, type ViewState } from '../state/view';
import { pickFolder, pickLabelFiles } from '../ui/pick-files';

export type PaletteActionId =
  | 'open-video'
  | 'open-folder'
  | 'export'
  | 'import-masks'
  | 'save-masks'
  | 'models'
  | 'rename-object'
  | 'object-color'
  | 'object-opacity'
  | 'feather'
  | 'grow'
  | 'smooth'
  | 'fill-holes'
  | 'remove-islands'
  | 'delete-object'
  | `theme-${Theme}`;

export type PaletteAction = {
  id: PaletteActionId;
  isAvailable: (state: AppState) => boolean;
  act: (app: App) => Promise<unknown>;
};

const always = () => true;
const hasVideo = ({ project }: AppState) => project.video !== null;
const hasMasks = ({ masklets }: AppState) => Object.values(masklets.byObject).some((one) => one.markedFrames > 0);
const hasSelection = ({ view, objects }: AppState) => objects.list.some(({ id }) => id === view.selectedObject);

const show =
  (fields: Partial<ViewState>): PaletteAction['act'] =>
  async ({ store }) =>
    patch(store, 'view', fields);

/** Brings a property of the selected object into sight and puts the keyboard there. */
const goTo =
  (property: string): PaletteAction['act'] =>
  async ({ store }) => {
    // On a narrow screen the panel is a sheet, which opens first; the palette gives the focus back before.
    const find = () => document.querySelector(`[data-property="${property}"]`);
    if (!find()) patch(store, 'view', { isPanelOpen: true });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const row = find();
    row?.scrollIntoView({ block: 'nearest' });
    row?.querySelector<HTMLElement>('input, [role="radio"][tabindex="0"], [role="radio"]')?.focus();
  };

export const paletteActions: readonly PaletteAction[] = [
  { id: 'open-video', isAvailable: always, act: (app) => openPicked(app) },
  { id: 'open-folder', isAvailable: always, act: (app) => openPicked(app, pickFolder) },
  { id: 'export', isAvailable: hasVideo, act: show({ isExportOpen: true }) },
  {
    id: 'import-masks',
    isAvailable: hasVideo,
    act: async ({ engine, store }) => {
      const files = await pickLabelFiles();
      if (files.length === 0) return;
      patch(store, 'view', { isExportOpen: true });
      await engine.importing.importMasks(sourceFiles(files));
    },
  },
  {
    id: 'save-masks',
    isAvailable: hasMasks,
    act: ({ engine, store }) => engine.exporting.save(store.getState().exporting.format),
  },
  { id: 'models', isAvailable: always, act: show({ isModelsOpen: true }) },
  { id: 'rename-object', isAvailable: hasSelection, act: goTo('name') },
  { id: 'object-color', isAvailable: hasSelection, act: goTo('color') },
  { id: 'object-opacity', isAvailable: hasSelection, act: goTo('opacity') },
  { id: 'feather', isAvailable: hasSelection, act: goTo('featherPx') },
  { id: 'grow', isAvailable: hasSelection, act: goTo('growPx') },
  { id: 'smooth', isAvailable: hasSelection, act: goTo('smoothPx') },
  { id: 'fill-holes', isAvailable: hasSelection, act: goTo('fillHoleArea') },
  { id: 'remove-islands', isAvailable: hasSelection, act: goTo('removeIslandArea') },
  {
    id: 'delete-object',
    isAvailable: hasSelection,
    act: async ({ engine, store }) => {
      const { selectedObject } = store.getState().view;
      if (selectedObject !== null) await engine.objects.remove(selectedObject);
    },
  },
  ...themes.map((theme): PaletteAction => ({ id: `theme-${theme}`, isAvailable: always, act: show({ theme }) })),
];
