import { isPlace } from '../../components/identifier-form.tsx';
import type { ReconcileInput, TraceDirection } from '../../operations/generated/documents.ts';

export interface BalanceQuestion {
  starts: readonly string[];
  /** The lots that are named alone, or the whole chain. */
  reach: TraceDirection | 'ALONE';
}

export function questionOf(params: URLSearchParams): BalanceQuestion {
  const reach = params.get('reach');
  return {
    starts: params.getAll('thing'),
    reach: reach === 'BACK' || reach === 'FORWARD' || reach === 'ALONE' ? reach : 'BOTH',
  };
}

export function paramsOf({ starts, reach }: BalanceQuestion): URLSearchParams {
  const params = new URLSearchParams(starts.map((id) => ['thing', id]));
  if (reach !== 'BOTH') params.set('reach', reach);
  return params;
}

export function inputOf({ starts, reach }: BalanceQuestion): ReconcileInput {
  return {
    starts: starts.map((id) => (isPlace(id) ? { place: id } : { thing: id })),
    ...(reach === 'ALONE' ? { depth: 0 } : { direction: reach }),
  };
}
