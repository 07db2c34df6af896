// Jobs of before those that the feed tells of, a page at a time.

import { run } from "../../core/client.js";
import { signal } from "../../core/signal.js";
import { state } from "../../store.js";

const PAGE = 20;

/** `jobs()` are those that were fetched so far; `more` fetches on. Read within a drawing it follows them. */
export function olderJobs() {
  const fetched = signal(new Map());
  const hasMore = signal(true);
  const isAsking = signal(false);
  const problem = signal("");
  let cursor = null;

  const more = async () => {
    if (isAsking.value) return;
    isAsking.value = true;
    problem.value = "";
    try {
      // What the feed has told already fills the first pages: they bring nothing that is new.
      for (let isNew = false; !isNew && hasMore.value;) isNew = await page();
    } catch (error) {
      problem.value = error.message;
    } finally {
      isAsking.value = false;
    }
  };

  const page = async () => {
    const { jobs } = await run("Jobs", { first: PAGE, after: cursor });
    const next = new Map(fetched.value);
    for (const { node } of jobs.edges) next.set(node.id, node);
    fetched.value = next;
    cursor = jobs.pageInfo.endCursor;
    hasMore.value = jobs.pageInfo.hasNextPage;
    return jobs.edges.some(({ node }) => !state.jobs.has(node.id));
  };

  return {
    more, hasMore, isAsking, problem,
    jobs: () => [...fetched.value.values()],
    changed: (job) => { if (fetched.value.has(job.id)) fetched.value = new Map(fetched.value).set(job.id, job); },
  };
}
