import { readFieldTable, type Field } from "./field.ts";

/** Fields of the container and of the Kubernetes objects that a process belongs to. */
export const CONTAINER_FIELDS: readonly Field[] = readFieldTable(
  "container",
  `
  container.id text: First 12 digits of the container's id; host outside of containers.
  container.full_id text: Whole id of the container.
  container.name text: Name of the container.
  container.image text: Image with registry, tag and all.
  container.image.id text: Id of the image.
  container.type text: Runtime: docker, cri-o, containerd, podman and so on.
  container.privileged bool: Whether the container may do all that the host may.
  container.mounts text: All mounts of the container.
  container.mount[index-or-key] text: One mount, by place or by source.
  container.mount.source[index-or-key] text: Source of one mount, by place or by destination.
  container.mount.dest[index-or-key] text: Destination of one mount, by place or by source.
  container.mount.mode[index-or-key] text: Mode of one mount.
  container.mount.rdwr[index-or-key] text: Whether one mount is writable.
  container.mount.propagation[index-or-key] text: How one mount propagates.
  container.image.repository text: Image without tag and digest.
  container.image.tag text: Tag of the image.
  container.image.digest text: Digest of the image.
  container.healthcheck text: Command of the health check.
  container.liveness_probe text: Command of the liveness probe.
  container.readiness_probe text: Command of the readiness probe.
  container.start_ts abstime: When the container started, nanoseconds since 1970.
  container.duration reltime: Nanoseconds since the container started.
  container.ip text: Address of the container.
  container.cni.json text: What the network plugin said about the container.
  container.host_pid bool: Whether it shares the host's pid namespace.
  container.host_network bool: Whether it shares the host's network.
  container.host_ipc bool: Whether it shares the host's System V objects.
  container.label[key] text: One label of the container.
  container.labels text: All labels of the container.
  proc.is_container_healthcheck bool: Whether the process is the container's health check.
  proc.is_container_liveness_probe bool: Whether the process is the container's liveness probe.
  proc.is_container_readiness_probe bool: Whether the process is the container's readiness probe.
  k8s.pod.name text: Name of the pod.
  k8s.ns.name text: Namespace of the pod.
  k8s.pod.id text: Id of the pod; the same as its uid.
  k8s.pod.uid text: Uid of the pod.
  k8s.pod.sandbox_id text: First 12 digits of the pod sandbox's id.
  k8s.pod.full_sandbox_id text: Whole id of the pod sandbox.
  k8s.pod.label[key] text: One label of the pod.
  k8s.pod.labels text: All labels of the pod.
  k8s.pod.ip text: Address of the pod.
  k8s.pod.cni.json text: What the network plugin said about the pod.
  k8s.rc.name text: Name of the replication controller.
  k8s.rc.id text: Id of the replication controller.
  k8s.rc.label[key] text: One label of the replication controller.
  k8s.rc.labels text: All labels of the replication controller.
  k8s.svc.name text: Name of the service.
  k8s.svc.id text: Id of the service.
  k8s.svc.label[key] text: One label of the service.
  k8s.svc.labels text: All labels of the service.
  k8s.ns.id text: Id of the namespace.
  k8s.ns.label[key] text: One label of the namespace.
  k8s.ns.labels text: All labels of the namespace.
  k8s.rs.name text: Name of the replica set.
  k8s.rs.id text: Id of the replica set.
  k8s.rs.label[key] text: One label of the replica set.
  k8s.rs.labels text: All labels of the replica set.
  k8s.deployment.name text: Name of the deployment.
  k8s.deployment.id text: Id of the deployment.
  k8s.deployment.label[key] text: One label of the deployment.
  k8s.deployment.labels text: All labels of the deployment.
`,
);
