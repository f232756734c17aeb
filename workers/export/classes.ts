/** The class labels of an export's objects, which the field calls categories: numbered from 1 in the order they come up. */
import type { ExportObject } from '../protocol/export-contract';

export type ObjectClass = { id: number; name: string };

export function classesOf(objects: readonly Pick<ExportObject, 'category'>[]): ObjectClass[] {
  const names = [...new Set(objects.map(({ category }) => category))];
  return names.map((name, n) => ({ id: n + 1, name }));
}

export function classIdOf(classes: readonly ObjectClass[], { category }: Pick<ExportObject, 'category'>): number {
  return classes.find(({ name }) => name === category)!.id;
}
