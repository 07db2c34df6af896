// The audits of graphql-http for servers that speak GraphQL over HTTP; one line of JSON each.
import { auditServer } from "graphql-http";

for (const { id, name, status, reason } of await auditServer({ url: process.argv[2] }))
  process.stdout.write(`${JSON.stringify({ id, name, status, reason })}\n`);
