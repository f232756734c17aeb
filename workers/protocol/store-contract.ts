/** The store worker: projects on the browser's own disk. */
import type { Project, ProjectHead, ProjectRecord } from './project';

export type ProjectEntry = {
  id: string;
  name: string;
  /** Of the last change, ms since 1970. */
  changedMs: number;
  sizeBytes: number;
  /** A small picture of the video with its masks; null while there is none. */
  picture: Blob | null;
  frameCount: number;
  objectCount: number;
};

export type StoreApi = {
  /** Most recent first. Projects that cannot be read are left out. */
  list(): Promise<ProjectEntry[]>;
  /** Begins a project; changes are appended to it from now on. @throws `storage-full` */
  create(head: ProjectHead): Promise<void>;
  /**
   * Opens a project for writing, as its records come to it: what was torn at the end is gone.
   * @throws `invalid-argument` when there is no such project or it cannot be read; `busy` where another page has it open
   */
  open(id: string): Promise<Project>;
  /** Appends changes and waits for the disk. @throws `storage-full`: what was there before stays */
  append(records: ProjectRecord[]): Promise<void>;
  setPicture(picture: Blob): Promise<void>;
  /** Ends writing; the journal is rewritten where that makes it much shorter. */
  close(): Promise<void>;
  rename(id: string, name: string): Promise<void>;
  duplicate(id: string, newId: string, name: string): Promise<void>;
  delete(id: string): Promise<void>;
  /** Everything that this worker ever wrote. */
  deleteAll(): Promise<void>;
};
