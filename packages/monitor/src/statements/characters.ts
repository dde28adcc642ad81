/** What a token that begins with this character can be. */
export const SPACE = 1;
export const LETTER = 2;
export const DIGIT = 3;
export const OTHER = 0;

const KINDS = new Uint8Array(128);
for (let code = 0; code <= 32; code++) KINDS[code] = SPACE;
for (let code = 48; code <= 57; code++) KINDS[code] = DIGIT;
for (let code = 65; code <= 90; code++) KINDS[code] = KINDS[code + 32] = LETTER;
KINDS["_".charCodeAt(0)] = LETTER;

/** Everything beyond ASCII may stand in a name. */
export function kindOf(code: number): number {
  return code < 128 ? (KINDS[code] ?? OTHER) : LETTER;
}

/** Where the run of letters, digits and what else may follow in a name ends. */
export function endOfWord(text: string, from: number, alsoDollar: boolean): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (kindOf(code) < LETTER && !(alsoDollar && code === 36)) break;
  }
  return at;
}

export function endOfSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && kindOf(text.charCodeAt(at)) === SPACE) at++;
  return at;
}

/** Any number with what clings to it: `1e-5`, `0xff`, `1_000`, `12abc`. */
export function endOfNumber(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const signed = (code === 43 || code === 45) && isExponent(text.charCodeAt(at - 1)) && at > from + 1;
    if (kindOf(code) < LETTER && code !== 46 && !(signed && kindOf(text.charCodeAt(at + 1)) === DIGIT)) break;
  }
  return at;
}

function isExponent(code: number): boolean {
  return code === 69 || code === 101;
}
