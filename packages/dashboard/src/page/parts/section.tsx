import type { ComponentChildren } from "preact";

interface Props {
  readonly id: string;
  readonly title: string;
  /** How many there are, beside the title. */
  readonly count?: number;
  /** One line about what is shown. */
  readonly about?: string;
  /** What stands at the right of the title. */
  readonly tools?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** One part of the page: a landmark with its heading. */
export function Section({ id, title, count, about, tools, children }: Props) {
  return (
    <section id={id} class="panel" aria-labelledby={`${id}-title`} tabIndex={-1}>
      <header>
        <h2 id={`${id}-title`}>
          {title}
          {count !== undefined && count > 0 && <span class="count">{count}</span>}
        </h2>
        {about && <p class="about">{about}</p>}
        {tools}
      </header>
      {children}
    </section>
  );
}
