import { useMemo } from 'react';
import { useAppState } from '../app-context';
import { reviewStops, type ReviewStop } from '../state/review';

/** The frames worth a look. While a run goes on there are none: they would move under the hand. */
export function useReviewStops(): readonly ReviewStop[] {
  const objects = useAppState((state) => state.objects);
  const masklets = useAppState((state) => (state.tracking.run ? null : state.masklets));
  const review = useAppState((state) => state.review);
  return useMemo(() => (masklets ? reviewStops({ objects, masklets, review }) : []), [objects, masklets, review]);
}
