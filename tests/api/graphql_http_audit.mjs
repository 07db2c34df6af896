// Runs the public GraphQL-over-HTTP audit against a running studio. Not part of `make test`: it needs node.
//
//   npm install --prefix /tmp/audit graphql-http graphql@16
//   suite up &                       # or any other running API
//   NODE_PATH=/tmp/audit/node_modules node tests/api/graphql_http_audit.mjs http://127.0.0.1:8000/graphql
//
// 58 of 61 are ok. The other three are MAY: queries by GET, which this API does not answer.
// Exits with 1 where an audit of level MUST failed, and prints every audit that is not ok.
import { createRequire } from "node:module";

const require = createRequire(process.env.NODE_PATH ? `${process.env.NODE_PATH}/` : import.meta.url);
const { auditServer } = require("graphql-http");

const url = process.argv[2] ?? "http://127.0.0.1:8000/graphql";
const results = await auditServer({ url });
const failed = results.filter((result) => result.status !== "ok");
for (const result of failed) console.log(result.status, result.name, "-", result.reason);
console.log(`${results.length - failed.length} of ${results.length} audits are ok`);
process.exit(failed.some((result) => result.status === "error") ? 1 : 0);
