/** Goes to a part of the page, without a change of the address, which tells what details are open. */
export function goTo(id: string): (event: MouseEvent) => void {
  return (event) => {
    event.preventDefault();
    const section = document.getElementById(id);
    section?.scrollIntoView({ block: "start" });
    section?.focus({ preventScroll: true });
  };
}
