import { readFieldTable, type Field } from "./field.ts";

/** Fields of audit events of Kubernetes, the source `k8s_audit`: those of Falco's plugin k8saudit. */
export const AUDIT_FIELDS: readonly Field[] = [
  ...readFieldTable(
    "ka",
    `
    ka.auditid text: Id of the audit event.
    ka.stage text: Stage of the request: RequestReceived, ResponseStarted, ResponseComplete or Panic.
    ka.auth.decision text: What authorization decided: allow or forbid.
    ka.auth.reason text: Why it decided so.
    ka.user.name text: Name of the user who asks.
    ka.user.groups text list: Groups of that user.
    ka.impuser.name text: Name of the user who is impersonated.
    ka.verb text: What is to be done: get, list, create, delete and so on.
    ka.uri text: Address that was asked for.
    ka.uri.param[key] text: One parameter of that address.
    ka.target.name text: Name of the object.
    ka.target.namespace text: Namespace of the object.
    ka.target.resource text: Kind of the object, in plural: pods, secrets.
    ka.target.subresource text: Part of the object: exec, attach.
    ka.req.binding.subjects text list: Of a role binding who gets the role.
    ka.req.binding.role text: Of a role binding the role.
    ka.req.binding.subject.has_name[key] text: Always true; kept for old rules.
    ka.req.configmap.name text: Name of a config map.
    ka.req.configmap.obj text: Data of a config map as JSON.
    ka.req.container.image text: Image of the first container; use ka.req.pod.containers.image.
    ka.req.container.image.repository text: Its image without tag and digest.
    ka.req.container.host_network text: Whether a pod uses the network of its host; use ka.req.pod.host_network.
    ka.req.container.privileged text: Whether any container of a pod is privileged.
    ka.req.pod.host_ipc text: Whether a pod uses the IPC namespace of its host.
    ka.req.pod.host_network text: Whether a pod uses the network of its host.
    ka.req.pod.host_pid text: Whether a pod sees the processes of its host.
    ka.req.pod.containers.image[?index] text list: Images of the containers.
    ka.req.pod.containers.image.repository[?index] text list: Images of the containers without tag and digest.
    ka.req.pod.containers.host_port[?index] text list: Ports of the host that the containers use.
    ka.req.pod.containers.privileged[?index] text list: Whether each of the containers is privileged.
    ka.req.pod.containers.allow_privilege_escalation[?index] text list: Whether each of the containers may gain privileges.
    ka.req.pod.containers.read_only_fs[?index] text list: Whether the root file system of each of the containers is read-only.
    ka.req.pod.containers.run_as_user[?index] text list: User ids that the containers ask for.
    ka.req.pod.containers.eff_run_as_user[?index] text list: User ids that the containers start with; 0 where nothing is said.
    ka.req.pod.containers.run_as_group[?index] text list: Group ids that the containers ask for.
    ka.req.pod.containers.eff_run_as_group[?index] text list: Group ids that the containers start with; 0 where nothing is said.
    ka.req.pod.containers.proc_mount[?index] text list: Kinds of mount of /proc that the containers ask for.
    ka.req.pod.containers.add_capabilities[?index] text list: Capabilities that the containers ask for.
    ka.req.pod.initContainers.image[?index] text list: Images of the init containers.
    ka.req.pod.initContainers.image.repository[?index] text list: Images of the init containers without tag and digest.
    ka.req.pod.initContainers.host_port[?index] text list: Ports of the host that the init containers use.
    ka.req.pod.initContainers.privileged[?index] text list: Whether each of the init containers is privileged.
    ka.req.pod.initContainers.allow_privilege_escalation[?index] text list: Whether each of the init containers may gain privileges.
    ka.req.pod.initContainers.read_only_fs[?index] text list: Whether the root file system of each of the init containers is read-only.
    ka.req.pod.initContainers.run_as_user[?index] text list: User ids that the init containers ask for.
    ka.req.pod.initContainers.eff_run_as_user[?index] text list: User ids that the init containers start with; 0 where nothing is said.
    ka.req.pod.initContainers.run_as_group[?index] text list: Group ids that the init containers ask for.
    ka.req.pod.initContainers.eff_run_as_group[?index] text list: Group ids that the init containers start with; 0 where nothing is said.
    ka.req.pod.initContainers.proc_mount[?index] text list: Kinds of mount of /proc that the init containers ask for.
    ka.req.pod.initContainers.add_capabilities[?index] text list: Capabilities that the init containers ask for.
    ka.req.pod.ephemeralContainers.image[?index] text list: Images of the ephemeral containers.
    ka.req.pod.ephemeralContainers.image.repository[?index] text list: Images of the ephemeral containers without tag and digest.
    ka.req.pod.ephemeralContainers.host_port[?index] text list: Ports of the host that the ephemeral containers use.
    ka.req.pod.ephemeralContainers.privileged[?index] text list: Whether each of the ephemeral containers is privileged.
    ka.req.pod.ephemeralContainers.allow_privilege_escalation[?index] text list: Whether each of the ephemeral containers may gain privileges.
    ka.req.pod.ephemeralContainers.read_only_fs[?index] text list: Whether the root file system of each of the ephemeral containers is read-only.
    ka.req.pod.ephemeralContainers.run_as_user[?index] text list: User ids that the ephemeral containers ask for.
    ka.req.pod.ephemeralContainers.eff_run_as_user[?index] text list: User ids that the ephemeral containers start with; 0 where nothing is said.
    ka.req.pod.ephemeralContainers.run_as_group[?index] text list: Group ids that the ephemeral containers ask for.
    ka.req.pod.ephemeralContainers.eff_run_as_group[?index] text list: Group ids that the ephemeral containers start with; 0 where nothing is said.
    ka.req.pod.ephemeralContainers.proc_mount[?index] text list: Kinds of mount of /proc that the ephemeral containers ask for.
    ka.req.pod.ephemeralContainers.add_capabilities[?index] text list: Capabilities that the ephemeral containers ask for.
    ka.req.pod.run_as_user text: User id that a pod asks for.
    ka.req.pod.run_as_group text: Group id that a pod asks for.
    ka.req.pod.fs_group text: Group id of the volumes of a pod.
    ka.req.pod.supplemental_groups text list: Further group ids of a pod.
    ka.req.pod.volumes.hostpath[?index] text list: Paths of the host that volumes of a pod show.
    ka.req.pod.volumes.flexvolume_driver[?index] text list: Drivers of flex volumes of a pod.
    ka.req.pod.volumes.volume_type[?index] text list: Types of the volumes of a pod.
    ka.req.volume.hostpath[key] text: Whether a volume shows the given path of the host; with * at its end, paths that start so.
    ka.req.role.rules text list: Rules of a role as JSON.
    ka.req.role.rules.apiGroups[?index] text list: API groups of the rules of a role.
    ka.req.role.rules.nonResourceURLs[?index] text list: Addresses in the rules of a role.
    ka.req.role.rules.verbs[?index] text list: Verbs in the rules of a role.
    ka.req.role.rules.resources[?index] text list: Resources in the rules of a role.
    ka.req.service.type text: Type of a service: ClusterIP, NodePort, LoadBalancer.
    ka.req.service.ports[?index] text list: Ports of a service as JSON.
    ka.resp.name text: Name of the object in the answer.
    ka.response.code text: Code of the answer, as of HTTP.
    ka.response.reason text: Why a request failed.
    ka.useragent text: Program that asks.
    ka.sourceips[?index] text list: Addresses that the request came from.
    ka.cluster.name text: Name of the cluster, where the event holds it.
  `,
  ),
  ...readFieldTable(
    "json",
    `
    json.value[key] text: What a JSON pointer (RFC 6901) leads to in the event.
    json.obj text: The whole event as JSON.
    json.rawtime text: When the event happened, nanoseconds since 1970.
    json.time text: When the event happened: HH:MM:SS and nanoseconds.
    json.time.iso8601 text: When the event happened, with its date.
    jevt.value[key] text: What a JSON pointer (RFC 6901) leads to in the event.
    jevt.obj text: The whole event as JSON.
    jevt.rawtime text: When the event happened, nanoseconds since 1970.
    jevt.time text: When the event happened: HH:MM:SS and nanoseconds.
    jevt.time.iso8601 text: When the event happened, with its date.
  `,
  ),
];
