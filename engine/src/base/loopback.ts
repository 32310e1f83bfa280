/**
 * Whether a host is this machine: a loopback name or address, or a unix socket's path. Nothing that goes
 * there crosses a network.
 */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host) || host.startsWith('/');
}

/** Whether what is sent there cannot be read on the way: over TLS, or not off this machine. */
export function isSealed({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}
