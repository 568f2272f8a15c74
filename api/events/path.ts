/** A member name or the index of an array element. */
export type PathStep = string | number;

/** `epcisBody.eventList[1].action`; the top is the empty path. */
export function formatPath(steps: readonly PathStep[]): string {
  let path = '';
  for (const step of steps) {
    if (typeof step === 'number') path += `[${step}]`;
    else path += path === '' ? step : `.${step}`;
  }
  return path;
}

/** `a.b`, or `b` at the top. */
export function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
