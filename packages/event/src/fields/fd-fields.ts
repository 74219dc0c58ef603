import { readFieldTable, type Field } from "./field.ts";

/** Fields of the file, socket or other descriptor that an event is about, and of paths and polled descriptors. */
export const FD_FIELDS: readonly Field[] = [
  ...readFieldTable(
    "fd",
    `
    fd.num int64: Number of the file descriptor.
    fd.type text: What it is: file, directory, ipv4, ipv6, unix, pipe, event and so on.
    fd.typechar text: The same as one character.
    fd.name text: Path of a file, both ends of a connection.
    fd.directory text: Directory of a file.
    fd.filename text: Name of a file without its directory.
    fd.ip ip: Address of either end.
    fd.cip ip: Address of the client.
    fd.sip ip: Address of the server.
    fd.lip ip: Address of this host's end.
    fd.rip ip: Address of the other end.
    fd.port port: Port of either end.
    fd.cport port: Port of the client.
    fd.sport port: Port of the server.
    fd.lport port: Port of this host's end.
    fd.rport port: Port of the other end.
    fd.l4proto text: Transport: tcp, udp, icmp or raw.
    fd.sockfamily text: Family of a socket: ip or unix.
    fd.is_server bool: Whether the process is the server.
    fd.uid text: Id that no other descriptor of the host has.
    fd.containername text: Container id and name.
    fd.containerdirectory text: Container id and directory.
    fd.proto port: Port of either end, named after its service.
    fd.cproto text: Service of the client's port.
    fd.sproto text: Service of the server's port.
    fd.lproto text: Service of the port of this host's end.
    fd.rproto text: Service of the port of the other end.
    fd.net net: Network of either end.
    fd.cnet net: Network of the client.
    fd.snet net: Network of the server.
    fd.lnet net: Network of this host's end.
    fd.rnet net: Network of the other end.
    fd.connected bool: Whether a socket is connected.
    fd.name_changed bool: Whether this event changed the name.
    fd.cip.name text: Host name of the client.
    fd.sip.name text: Host name of the server.
    fd.lip.name text: Host name of this host's end.
    fd.rip.name text: Host name of the other end.
    fd.dev int32: Number of the device that holds the file.
    fd.dev.major int32: Major number of that device.
    fd.dev.minor int32: Minor number of that device.
    fd.ino int64: Inode of the file.
    fd.nameraw text: Path as the call was given it.
    fd.types[?index] text list: Types of all descriptors of the process; with a number of that one.
    fd.is_upper_layer bool: Whether the file lies in a container's own layer.
    fd.is_lower_layer bool: Whether the file lies in a layer of the container's image.
  `,
  ),
  ...readFieldTable(
    "fs.path",
    `
    fs.path.name text: Path that the call works on, made absolute.
    fs.path.nameraw text: Path that the call works on, as it was given.
    fs.path.source text: The first of two paths, made absolute.
    fs.path.sourceraw text: The first of two paths, as it was given.
    fs.path.target text: The second of two paths, made absolute.
    fs.path.targetraw text: The second of two paths, as it was given.
  `,
  ),
  ...readFieldTable(
    "fdlist",
    `
    fdlist.nums text: Numbers of the descriptors that are polled.
    fdlist.names text: Names of the descriptors that are polled.
    fdlist.cips text: Client addresses of the descriptors that are polled.
    fdlist.sips text: Server addresses of the descriptors that are polled.
    fdlist.cports text: Client ports of the descriptors that are polled.
    fdlist.sports text: Server ports of the descriptors that are polled.
  `,
  ),
];
