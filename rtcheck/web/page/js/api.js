// The server's calls. Addresses are relative to the page's own, which holds the token; the session goes in a header.

import { byId } from "./dom.js";

const HEADER = "rtcheck-session";
let session = "";

export class CallError extends Error {
  constructor(status, error) {
    super(error.text ?? "The server did not answer as expected.");
    this.status = status;
    this.code = error.code ?? "";
    this.details = error;
  }
}

// The server is not there, or no longer knows this page: what the page holds is still here. `again`: what may help, to
// ask once more or to reload; "" where neither does.
export class GoneError extends Error {
  constructor(text = "The server has stopped.", again = "ask") {
    super(text);
    this.again = again;
  }
}

export const setSession = (name) => {
  session = name;
};
export const headers = () => (session ? { [HEADER]: session } : {});

// The server answers again, and knows this page: what got no answer meanwhile is asked for once more.
function back() {
  const strip = byId("gone");
  if (strip.hidden) return;
  strip.hidden = true;
  document.dispatchEvent(new CustomEvent("again"));
}

async function fetched(path, options) {
  try {
    return await fetch(path, { cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new GoneError();
  }
}

async function jsonOf(response) {
  let values;
  try {
    values = await response.json();
  } catch {
    if (response.ok) throw new GoneError(); // it went in the middle of its answer
    if (response.status === 403) throw new GoneError("The server of this page has ended, and another one answers in its place. Open the address that rtcheck serve printed.", "");
    throw new CallError(response.status, { text: `The server answered with status ${response.status}.` });
  }
  if (values.error?.code === "web.no-session") throw new GoneError(values.error.text, "reload");
  back();
  if (!response.ok) throw new CallError(response.status, values.error ?? {});
  return values;
}

export async function get(path, options = {}) {
  return jsonOf(await fetched(path, { headers: headers(), ...options }));
}

export async function post(path, values = {}, options = {}) {
  return jsonOf(
    await fetched(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers() },
      body: JSON.stringify(values),
      ...options,
    }),
  );
}

// A file that the server makes: its bytes and its name.
export async function file(path, values) {
  const response = await fetched(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers() },
    body: JSON.stringify(values),
  });
  if (!response.ok) await jsonOf(response);
  const named = /filename\*=UTF-8''([^;]+)/.exec(response.headers.get("content-disposition") ?? "");
  return { blob: await response.blob(), name: named ? decodeURIComponent(named[1]) : "rtcheck" };
}

// Files with progress; fetch tells none of what it sends.
export function send(path, form, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    request.addEventListener("error", () => reject(new GoneError()));
    request.addEventListener("load", () => {
      let values = {};
      try {
        values = JSON.parse(request.responseText);
      } catch {
        // told by the status
      }
      if (request.status >= 200 && request.status < 300) resolve(values);
      else reject(new CallError(request.status, values.error ?? { text: `The upload was rejected (${request.status}).` }));
    });
    request.send(form);
  });
}
