/** One line of EXPLAIN. */
export interface Instruction {
  readonly addr: number;
  readonly opcode: string;
  readonly p1: number;
  readonly p2: number;
  readonly p4: string | null;
}

/**
 * Instructions whose work does not grow with the data. What is not here counts as unbounded: Next, Prev and the other loops, Count
 * (walks a whole tree), sorters, virtual tables, integrity checks, and whatever a later SQLite may bring.
 */
const PLAIN = new Set(
  `Transaction OpenRead Close Noop Explain Halt Integer Int64 Real String String8 Null SoftNull Blob Variable Move Copy SCopy IntCopy
   Rowid IdxRowid Column DeferredSeek FinishSeek NullRow Affinity RealAffinity Cast MakeRecord ResultRow CollSeq Concat
   Add Subtract Multiply Divide Remainder BitAnd BitOr BitNot ShiftLeft ShiftRight And Or Not IsTrue ReadCookie
   BeginSubrtn Return Offset SeekHit AggStep AggFinal AggValue ZeroOrNull TypeCheck Permutation Compare`.split(/\s+/),
);
/** The same for instructions that jump to p2; back jumps make loops and are refused. */
const JUMPS = new Set(
  `Init Goto Gosub SeekRowid NotExists SeekGE SeekGT SeekLE SeekLT SeekScan IdxGE IdxGT IdxLE IdxLT Found NotFound NoConflict IfNoHope
   IsNull NotNull IsType If IfNot IfPos IfNotZero IfNullRow Eq Ne Lt Le Gt Ge ElseEq DecrJumpZero Once MustBeInt Last Rewind
   Jump IfSmaller`.split(/\s+/),
);
/**
 * Functions whose work and result are linear in what they are given, some 10 ns for each byte; with (1) those that are so with one argument only.
 * Not so: instr and a trim of given signs, which compare everything with everything; LIKE, GLOB and replace; `printf`, zeroblob and their like,
 * which make large things of a number; strftime, ten times as slow and long as its format; and what builds or parses JSON.
 */
const PLAIN_FUNCTIONS = new Set(
  `length lower upper abs round coalesce ifnull nullif iif substr substring trim(1) ltrim(1) rtrim(1) hex typeof min max sum count avg total
   date time datetime julianday unixepoch unicode char sign octet_length`.split(/\s+/),
);

/** Is a program's work bounded by a few tree look-ups, whatever is in the tables? */
export function isBounded(program: readonly Instruction[]): boolean {
  const start = program[0]?.opcode === "Init" ? program[0].p2 : undefined;
  if (start === undefined) return false;
  return program.every((instruction) => isPlain(instruction, start));
}

function isPlain({ addr, opcode, p2, p4 }: Instruction, start: number): boolean {
  if (opcode === "Function" || opcode === "PureFunc" || opcode.startsWith("Agg")) return isPlainFunction(p4);
  if (PLAIN.has(opcode)) return true;
  if (!JUMPS.has(opcode)) return false;
  // A program starts at its end, where constants are prepared, and jumps from there to its second line.
  return p2 > addr || (opcode === "Goto" && p2 === 1 && addr >= start);
}

/** @param p4 name and number of arguments, as in `substr(2)` */
function isPlainFunction(p4: string | null): boolean {
  const call = p4?.toLowerCase() ?? "";
  return PLAIN_FUNCTIONS.has(call) || PLAIN_FUNCTIONS.has(call.slice(0, Math.max(0, call.indexOf("("))));
}
