// Long work: begun, followed by events, ended.

import { post } from "./api.js";

// `onProgress` is told steps done and how many there are; the answer, or an error with a text, comes in `onEnd`.
export function follow(job, onProgress, onEnd) {
  const source = new EventSource(`api/jobs/${encodeURIComponent(job)}/events`);
  source.addEventListener("progress", (event) => onProgress(JSON.parse(event.data)));
  source.addEventListener("end", (event) => {
    source.close();
    onEnd(JSON.parse(event.data));
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) onEnd({ status: 500, error: { text: "The server has stopped." } });
  });
  return {
    stop: () => {
      post(`api/jobs/${encodeURIComponent(job)}/cancel`).catch(() => {});
    },
  };
}
