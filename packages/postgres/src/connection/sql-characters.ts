export const [TAB, NEWLINE, RETURN, SPACE] = [9, 10, 13, 32];
export const [QUOTE, DOUBLE_QUOTE, DOLLAR, BACKSLASH, AMPERSAND] = [39, 34, 36, 92, 38];
export const [MINUS, SLASH, STAR] = [45, 47, 42];

// What PostgreSQL's scanner takes for parts of a word; everything beyond ASCII is one.

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

export function isWordStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code >= 128;
}

export function isWordPart(code: number): boolean {
  return isWordStart(code) || isDigit(code) || code === DOLLAR;
}
