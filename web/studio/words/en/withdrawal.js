// The words of taking consent back.

import { spoken } from "../../core/spoken.js";

const jobs = (count) => (count === 1 ? "1 open job" : `${count} open jobs`);
const photos = (count) => (count === 1 ? "1 photo" : `${count} photos`);

export const words = spoken({
  title: (name) => `Withdraw the consent of ${name}`,
  at: (step, all) => `Step ${step} of ${all}`,
  steps: [
    { title: "What stops", text: (one) => `${one.jobs ? jobs(one.jobs) : "No open job"} of this twin ${one.jobs === 1 ? "stops" : "stop"}; credits that were held come back.` },
    { title: "What is deleted", text: (one) => `${photos(one.photos)}${one.isTrained ? " and the trained twin" : ""}. This cannot be undone: the twin would have to be trained again.` },
    { title: "What is hidden", text: () => "Every picture and clip of this twin is hidden until you decide: keep it, or delete it for ever." },
  ],
  next: "Next",
  action: "Withdraw consent",
  receipt: {
    title: "Consent is withdrawn",
    jobs: (count) => (count ? `${jobs(count)} stopped` : "No job was running"),
    returned: (credits) => `${credits} credits come back`,
    photos: (count) => `${photos(count)} deleted`,
    twin: (was) => (was ? "The trained twin deleted" : "There was no trained twin"),
    hidden: "Pictures and clips hidden until you decide",
    proof: "The deletion is recorded in the log, where an auditor can see it.",
    stays: "This receipt stays: it stands in the history of the consent.",
    decide: "Decide now",
  },
});
