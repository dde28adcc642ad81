import type { PoolLimits } from "@pool/monitor";
import { useState } from "preact/hooks";
import type { Action } from "../../action.js";
import type { ErrorReply } from "../../wire.js";

interface Props {
  readonly name: string;
  readonly limits: PoolLimits;
}

/** What may be done to a pool. Each asks once more; whether it may be done, the service decides. */
export function PoolActions({ name, limits }: Props) {
  const [maxSize, setMaxSize] = useState(String(limits.maxSize));
  const [asked, setAsked] = useState<Action>();
  const [said, setSaid] = useState("");
  const size = Number(maxSize);
  const doIt = async (action: Action): Promise<void> => {
    setAsked(undefined);
    setSaid("Asking …");
    setSaid(await send(action));
  };
  return (
    <section class="actions" aria-label={`Actions on ${name}`}>
      <h3>Actions</h3>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setAsked({ action: "resize", pool: name, maxSize: size });
        }}
      >
        <label>
          Limit
          <input
            type="number"
            min={1}
            max={1_000_000}
            step={1}
            required
            value={maxSize}
            onInput={({ currentTarget }) => setMaxSize(currentTarget.value)}
          />
        </label>
        <button type="submit" disabled={size === limits.maxSize}>
          Resize
        </button>
        <button type="button" onClick={() => setAsked({ action: "evict", pool: name })}>
          Evict
        </button>
        <button type="button" class="danger" onClick={() => setAsked({ action: "drain", pool: name })}>
          Drain
        </button>
      </form>
      {asked && (
        <div class="confirm" role="group" aria-label="Are you sure?">
          <p>{questionOf(asked)}</p>
          <button type="button" class="danger" onClick={() => void doIt(asked)}>
            Yes, {asked.action}
          </button>
          <button type="button" onClick={() => setAsked(undefined)}>
            No
          </button>
        </div>
      )}
      <p role="status">{said}</p>
    </section>
  );
}

function questionOf(action: Action): string {
  switch (action.action) {
    case "evict":
      return "Close every connection and open new ones? Idle ones close now, the others when they come back.";
    case "resize":
      return `Let the pool have ${action.maxSize ?? ""} connections at most?`;
    case "drain":
      return "Close the pool? It takes no new caller, waits for those it has, and does not open again.";
  }
}

/** Resolves with what to say about it. */
async function send(action: Action): Promise<string> {
  try {
    const headers = { "content-type": "application/json" };
    const response = await fetch("actions", { method: "POST", headers, body: JSON.stringify(action) });
    if (response.ok) return `Done: ${action.action}.`;
    const { error } = (await response.json()) as ErrorReply;
    return `Refused: ${error.message}.`;
  } catch {
    return "The service could not be reached.";
  }
}
