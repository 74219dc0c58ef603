import { LinuxError } from "../error.ts";
import type { Program } from "../program/program.ts";
import type { Link, LinkKind } from "./link.ts";

/** Several links that live and end together, e.g. one per CPU. */
export interface LinkGroup extends Link {
  readonly links: readonly Link[];
}

/** Binds links together; `detail` is how the kinds without a common pin explain themselves. */
export function groupLinks(kind: LinkKind, target: string, links: readonly Link[]): LinkGroup {
  const [only] = links;
  let closed = false;
  const disposeAll = (end: (link: Link) => void): void => {
    closed = true;
    const errors: unknown[] = [];
    for (const link of links) {
      try {
        end(link);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  };
  return {
    kind,
    target,
    links,
    fd: links.length === 1 ? only?.fd : undefined,
    get closed() {
      return closed;
    },
    info: () => (links.length === 1 ? only?.info() : undefined),
    update(program: Program, expected?: Program) {
      for (const link of links) link.update(program, expected);
    },
    detach() {
      disposeAll((link) => {
        link.detach();
      });
    },
    pin(path: string) {
      if (only === undefined || links.length > 1)
        throw new LinuxError(
          "unsupported",
          `Cannot pin ${target} as "${path}": it consists of ${links.length} links; pin each of "links" under a path of its own`,
        );
      only.pin(path);
    },
    unpin() {
      for (const link of links) link.unpin();
    },
    [Symbol.dispose]() {
      disposeAll((link) => {
        link[Symbol.dispose]();
      });
    },
  };
}

/** Makes links one by one; when one cannot be made, those before it are detached again and the error goes on. */
export function attachAll<T>(items: Iterable<T>, attach: (item: T) => Link): Link[] {
  const links: Link[] = [];
  try {
    for (const item of items) links.push(attach(item));
  } catch (error) {
    for (const link of links) link[Symbol.dispose]();
    throw error;
  }
  return links;
}
