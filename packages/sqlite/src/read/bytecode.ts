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
/** Functions that are linear in what they are given; `printf` and its like make large things of small ones, LIKE can be worse than linear. */
const PLAIN_FUNCTIONS = new Set(
  `length lower upper abs round coalesce ifnull nullif iif substr substring trim ltrim rtrim instr hex typeof min max sum count avg total
   date time datetime julianday unixepoch strftime unicode char sign octet_length`.split(/\s+/),
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

function isPlainFunction(p4: string | null): boolean {
  const name = /^(\w+)\(/.exec(p4 ?? "")?.[1];
  return name !== undefined && PLAIN_FUNCTIONS.has(name.toLowerCase());
}
