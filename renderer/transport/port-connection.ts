import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import type { Client } from '../../core/api/contract.ts';
import type { Connection, ConsoleChannel } from './connection.ts';
import { PortConsoleChannel } from './port-console-channel.ts';

/**
 * Reaches the main process over message ports. A page can't be handed a port by the preload script, so it
 * makes the pair, keeps one end and posts the other to its own window; the preload script forwards it.
 * Both ends live and die with the page, so there is no reconnecting.
 */
export function connectByPort(): Connection {
  const port = offerPort({ type: 'redoubt:api' });
  port.start();
  const client: Client = createORPCClient(new RPCLink({ port }));
  return {
    client,
    openConsole(machineId): ConsoleChannel {
      return new PortConsoleChannel(offerPort({ type: 'redoubt:rfb', machineId }));
    },
    subscribe(listener) {
      listener('open');
      return () => undefined;
    },
    retryNow: () => undefined,
  };
}

type Offer = { type: 'redoubt:api' } | { type: 'redoubt:rfb'; machineId: string };

function offerPort(offer: Offer): MessagePort {
  const { port1, port2 } = new MessageChannel();
  // The page talks to itself here; the target is its own origin unless that is opaque.
  const target = window.location.origin === 'null' ? '*' : window.location.origin;
  window.postMessage(offer, target, [port2]);
  return port1;
}
