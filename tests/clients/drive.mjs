// Drives one client for a test: a line of JSON in for each thing to do, a line out for each answer.
//
//   node drive.mjs CLIENT '{"url": …, "token": …}'
import { createInterface } from "node:readline";

const [, , name, studio] = process.argv;
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
// Some clients hand on the errors of an answer, some the event that closed a socket.
const told = (error) => ({
  error: [error].flat().map((one) => String(one?.message || one?.reason || one)).join("; "),
  code: error?.code ?? error?.cause?.code ?? error?.cause?.cause?.code,
});

const { open } = await import(`./${name}.mjs`);
const client = await open(JSON.parse(studio));

for await (const line of createInterface({ input: process.stdin })) {
  const { follow, run, variables } = JSON.parse(line);
  if (run) {
    try {
      say({ answer: await client.run(run, variables) });
    } catch (error) {
      say(told(error));
    }
  } else {
    client.follow(follow, variables, {
      next: (answer) => say({ value: Object.values(answer.data ?? {})[0], errors: answer.errors }),
      error: (error) => say(told(error)),
      complete: () => say({ complete: true }),
    });
  }
}
client.close();
process.exit(0);
