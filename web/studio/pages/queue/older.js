// Jobs of before those that the feed tells of, a page at a time.

import { run } from "../../core/client.js";
import { computed, signal } from "../../core/signal.js";
import { state } from "../../store.js";

/** As many as the feed tells of to begin with: where there are fewer, there are no others. */
const TOLD = 50;

/** `jobs()` are those that were fetched so far; `more` fetches on. Read within a drawing it follows them. */
export function olderJobs() {
  const fetched = signal(new Map());
  const next = signal(null);
  const hasMore = computed(() => next.value ?? state.jobs.size >= TOLD);
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
    const { jobs } = await run("Jobs", { first: TOLD, after: cursor });
    fetched.value = new Map([...fetched.value, ...jobs.edges.map(({ node }) => [node.id, node])]);
    cursor = jobs.pageInfo.endCursor;
    next.value = jobs.pageInfo.hasNextPage;
    return jobs.edges.some(({ node }) => !state.jobs.has(node.id));
  };

  return {
    more, hasMore, isAsking, problem,
    jobs: () => [...fetched.value.values()],
    changed: (job) => { if (fetched.value.has(job.id)) fetched.value = new Map(fetched.value).set(job.id, job); },
  };
}
