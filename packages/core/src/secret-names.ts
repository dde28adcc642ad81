// A key to data or to an account, and none that orders, spaces or finds them.
const SECRET_KEY =
  "(?:access|account|api|cipher|crypt(?:ion|o)?|hmac|master|private|secret|shared|signing|ssh)[-_]?key";

/** Is found in the names of options that hold secrets. */
export const SECRET_NAME = new RegExp(
  String.raw`pass(?:word|wd|phrase)?|pwd|secret|token|credential|${SECRET_KEY}|^key$|^pfx$|auth(?!ority|ors?$|ori[sz]ed)`,
  "i",
);

/** The source of a pattern: how names end that a text gives a secret by, as in `access_token=`. */
export const SECRET_PARAMETER = `password|passwd|passphrase|pwd|secret|token|${SECRET_KEY}`;
