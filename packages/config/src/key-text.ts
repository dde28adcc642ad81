// `password:hunter2` without a space behind the colon is one key, and a part of it a secret.
const VALUE_WITHIN = /[:=][^]*$/;

/** Has a key taken in its value? */
export function holdsValue(key: string): boolean {
  return VALUE_WITHIN.test(key);
}

/** A key for a message, without the value that it may have taken in. */
export function shownKey(key: string): string {
  return key.replace(VALUE_WITHIN, "…");
}
