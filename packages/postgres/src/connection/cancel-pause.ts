const FIRST = 100;

/**
 * How long to wait before a cancel that the server has confirmed and that had no effect is sent once more, in ms: it may have overtaken its statement on
 * the way, and found the server idle. On a line that brings no answers each of them is a connect for nothing, so there are soon few.
 */
export function cancelPause(sentBefore: number): number {
  return FIRST * 4 ** (sentBefore - 1);
}
