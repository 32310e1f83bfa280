/** `@medplum/hl7`'s server in a process of its own: it answers every message, and keeps none. */
import { Hl7Server } from '@medplum/hl7';

const server = new Hl7Server((connection) => {
  connection.addEventListener('message', ({ message }) => {
    connection.send(message.buildAck());
  });
});
await server.start(Number(process.argv[2]));
process.stderr.write('listening\n');
