import { useSyncExternalStore } from "react";

/** Where the page is: a view and what it shows of it, all of it in the address, so that a link brings it back. */
export interface Route {
  readonly view: string;
  readonly parameters: URLSearchParams;
}

let text = "";
let route: Route = parse("");

function parse(hash: string): Route {
  const [view = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  return { view: view === "" ? "overview" : view, parameters: new URLSearchParams(query) };
}

function current(): Route {
  if (location.hash !== text) {
    text = location.hash;
    route = parse(text);
  }
  return route;
}

/** The route as React sees it. */
export function useRoute(): Route {
  return useSyncExternalStore((listener) => {
    addEventListener("hashchange", listener);
    return () => removeEventListener("hashchange", listener);
  }, current);
}

/** The address of a view. */
export function linkTo(view: string, parameters: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(
    Object.entries(parameters).filter(([, value]) => value !== ""),
  ).toString();
  return `#/${view}${query === "" ? "" : `?${query}`}`;
}

/** Changes a parameter of the view without a step in the history. */
export function setParameter(name: string, value: string): void {
  const { view, parameters } = current();
  const next = new URLSearchParams(parameters);
  if (value === "") next.delete(name);
  else next.set(name, value);
  history.replaceState(null, "", linkTo(view, Object.fromEntries(next)));
  dispatchEvent(new HashChangeEvent("hashchange"));
}
