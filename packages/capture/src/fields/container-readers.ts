import type { FieldValue } from "@ocelli/event";

import {
  labelsText,
  mountText,
  type ContainerInfo,
  type ContainerMount,
} from "../container/container-info.ts";
import type { CaptureEvent } from "../event/capture-event.ts";
import { shrink } from "../event/number64.ts";
import { indexOf, type MakeReading, type Read } from "./reader.ts";

const SHORT_LENGTH = 12;

// The container of an event: the one that it tells of, else the one that its thread runs in.
function containerOf(event: CaptureEvent): ContainerInfo | undefined {
  const host = event.host();
  if (host.lastContainer !== undefined) return host.lastContainer;
  const thread = event.shownThread;
  return thread === undefined ? undefined : host.containers.get(thread.containerId);
}

function of(read: (info: ContainerInfo, event: CaptureEvent) => FieldValue | undefined): Read {
  return (event) => {
    const info = containerOf(event);
    return info === undefined ? undefined : read(info, event);
  };
}

function label(name: string): Read {
  return of(({ labels }) => labels.get(name));
}

function namespaceStart(event: CaptureEvent): bigint {
  return event.shownThread?.pidNamespaceStartNs ?? 0n;
}

// What a pod says stands with its sandbox, when the container itself does not have it.
function sandboxOf(info: ContainerInfo, event: CaptureEvent): ContainerInfo | undefined {
  if (info.cniJson !== "") return undefined;
  return event.host().containers.get(info.podSandboxId.slice(0, SHORT_LENGTH));
}

/** Fields of containers and pods. Those of health probes and of other objects of Kubernetes have no values any more. */
export const CONTAINER_READERS: Readonly<Record<string, Read>> = {
  "container.id": (event) => {
    const info = containerOf(event);
    return info === undefined ? event.shownThread?.containerId : info.id;
  },
  "container.full_id": of(({ fullId }) => fullId),
  "container.name": of(({ name }) => name),
  "container.image": of(({ image }) => image),
  "container.image.id": of(({ imageId }) => imageId),
  "container.type": of(({ type }) => type),
  "container.privileged": of(({ privileged }) => privileged),
  "container.mounts": of(({ mounts }) => mounts.map(mountText).join(",")),
  "container.image.repository": of(({ imageRepository }) => imageRepository),
  "container.image.tag": of(({ imageTag }) => imageTag),
  "container.image.digest": of(({ imageDigest }) => imageDigest),
  "container.start_ts": (event) => {
    const start = namespaceStart(event);
    return start === 0n ? undefined : shrink(start);
  },
  "container.duration": (event) => {
    const start = namespaceStart(event);
    return start === 0n ? undefined : shrink(BigInt.asUintN(64, event.timeNs - start));
  },
  "container.ip": of(({ ip }) => ip),
  "container.cni.json": of(({ cniJson }) => cniJson),
  "container.host_pid": of(({ hostPid }) => hostPid),
  "container.host_network": of(({ hostNetwork }) => hostNetwork),
  "container.host_ipc": of(({ hostIpc }) => hostIpc),
  "container.labels": of(({ labels }) => labelsText(labels)),
  "k8s.pod.name": label("io.kubernetes.pod.name"),
  "k8s.ns.name": label("io.kubernetes.pod.namespace"),
  "k8s.pod.id": label("io.kubernetes.pod.uid"),
  "k8s.pod.uid": label("io.kubernetes.pod.uid"),
  "k8s.pod.sandbox_id": of(({ podSandboxId }) => podSandboxId.slice(0, SHORT_LENGTH)),
  "k8s.pod.full_sandbox_id": of(({ podSandboxId }) => podSandboxId),
  "k8s.pod.labels": of((info, event) =>
    labelsText((sandboxOf(info, event) ?? info).podSandboxLabels),
  ),
  "k8s.pod.ip": of((info, event) => (info.cniJson === "" ? sandboxOf(info, event)?.ip : info.ip)),
  "k8s.pod.cni.json": of((info, event) =>
    info.cniJson === "" ? sandboxOf(info, event)?.cniJson : info.cniJson,
  ),
};

// By number, or by a pattern for the source of a mount (its destination, when the source is asked for).
function mount(read: (mount: ContainerMount) => string, bySource: boolean): MakeReading {
  return (argument) => {
    const index = indexOf(argument);
    if (index !== undefined)
      return {
        read: of(({ mounts }) => {
          const found = mounts[index];
          return found === undefined ? undefined : read(found);
        }),
      };
    const pattern = patternOf(argument ?? "");
    return {
      read: of(({ mounts }) => {
        const found = mounts.find(({ source, destination }) =>
          pattern(bySource ? source : destination),
        );
        return found === undefined ? undefined : read(found);
      }),
    };
  };
}

// The argument is searched as a regular expression, which for paths as rules have them means: contains. What would need
// more than `*` and `.*` is taken as plain text, so that no argument can make the search slow.
function patternOf(argument: string): (text: string) => boolean {
  const anchored = argument.startsWith("^");
  const body = anchored ? argument.slice(1) : argument;
  const [head = "", ...rest] = body.split(/\.\*|\*/);
  return (text) => {
    let at = anchored ? (text.startsWith(head) ? 0 : -1) : text.indexOf(head);
    if (at === -1) return false;
    at += head.length;
    for (const part of rest) {
      const next = text.indexOf(part, at);
      if (next === -1) return false;
      at = next + part.length;
    }
    return true;
  };
}

/** Fields of containers and pods that take an argument. */
export const CONTAINER_READINGS: Readonly<Record<string, MakeReading>> = {
  "container.mount": mount(mountText, true),
  "container.mount.source": mount(({ source }) => source, false),
  "container.mount.dest": mount(({ destination }) => destination, true),
  "container.mount.mode": mount(({ mode }) => mode, true),
  "container.mount.rdwr": mount(({ writable }) => String(writable), true),
  "container.mount.propagation": mount(({ propagation }) => propagation, true),
  "container.label": (argument) => ({ read: of(({ labels }) => labels.get(argument ?? "")) }),
  "k8s.pod.label": (argument) => ({
    read: of((info, event) => {
      const name = argument ?? "";
      return sandboxOf(info, event)?.podSandboxLabels.get(name) ?? info.podSandboxLabels.get(name);
    }),
  }),
};
