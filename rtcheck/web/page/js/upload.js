// Files and folders that are dropped or chosen -> the server, in portions, with progress.

import { post, send } from "./api.js";

const PORTION_BYTES = 48 * 1024 * 1024;
const PORTION_FILES = 200;

// All files of a drop, folders entered, each with its path inside the drop.
export async function filesOfDrop(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, name: file.name }));
  const found = [];
  for (const entry of entries) await gather(entry, found);
  return found;
}

async function gather(entry, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject)).catch(() => null);
    if (file) found.push({ file, name: entry.fullPath.replace(/^\//, "") });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)).catch(() => []);
    if (!some.length) return;
    for (const each of some) await gather(each, found);
  }
}

export const filesOfInput = (input) => [...input.files].map((file) => ({ file, name: file.webkitRelativePath || file.name }));

// The upload's name once all is sent. `onProgress` is told bytes and files sent, and of how many.
export async function upload(files, onProgress) {
  const { upload: name } = await post("api/uploads");
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  let sentBytes = 0;
  let sentFiles = 0;
  for (const portion of portions(files)) {
    const form = new FormData();
    for (const { file, name: path } of portion) form.append("file", file, path);
    const size = portion.reduce((sum, { file }) => sum + file.size, 0);
    await send(`api/uploads/${name}`, form, (loaded) =>
      onProgress({ bytes: sentBytes + Math.min(loaded, size), total, files: sentFiles, of: files.length }),
    );
    sentBytes += size;
    sentFiles += portion.length;
    onProgress({ bytes: sentBytes, total, files: sentFiles, of: files.length });
  }
  return name;
}

function* portions(files) {
  let portion = [];
  let bytes = 0;
  for (const each of files) {
    if (portion.length && (bytes + each.file.size > PORTION_BYTES || portion.length >= PORTION_FILES)) {
      yield portion;
      portion = [];
      bytes = 0;
    }
    portion.push(each);
    bytes += each.file.size;
  }
  if (portion.length) yield portion;
}
