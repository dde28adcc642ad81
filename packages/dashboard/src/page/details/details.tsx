import { useEffect, useRef } from "preact/hooks";
import type { FeedState } from "../feed/feed.js";
import { close, useRoute } from "../route.js";
import { contentOf } from "./content.js";

/** What was clicked, in full, beside the page. The browser's own dialog keeps the focus inside, closes on Escape and gives the focus back. */
export function Details({ state }: { state: FeedState }) {
  const route = useRoute();
  const dialog = useRef<HTMLDialogElement>(null);
  const { snapshot } = state;
  const isOpen = route !== undefined && snapshot !== undefined;
  useEffect(() => {
    if (isOpen && !dialog.current?.open) dialog.current?.showModal();
    if (!isOpen) dialog.current?.close();
  }, [isOpen]);
  const content = isOpen ? contentOf(route, state, snapshot) : undefined;
  return (
    <dialog
      ref={dialog}
      aria-labelledby="details-title"
      onClose={() => isOpen && close()}
      // Outside of what is in it: on what lies behind.
      onClick={({ target }) => target === dialog.current && close()}
    >
      {content && (
        <div class="sheet">
          <header>
            <div>
              <p class="note">{content.kind}</p>
              <h2 id="details-title">{content.title}</h2>
            </div>
            <button type="button" onClick={close}>
              Close
            </button>
          </header>
          {content.body}
        </div>
      )}
    </dialog>
  );
}
