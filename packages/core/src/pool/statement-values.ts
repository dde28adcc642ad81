let asked = 0;

/**
 * From now on until it is disposed, `pool:statement` carries the values that statements were called with, where their adapter tells them. They
 * may hold secrets: for a listener whose user has asked to see them.
 */
export function askForStatementValues(): Disposable {
  asked++;
  let disposed = false;
  return {
    [Symbol.dispose]: () => {
      if (disposed) return;
      disposed = true;
      asked--;
    },
  };
}

/** The values, where somebody has asked for them. */
export function toldValues(values: unknown): unknown {
  return asked > 0 ? values : undefined;
}
