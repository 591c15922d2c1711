// The dose in one plane, on its grid's nodes: between them linear both ways, outside none.

const MOST_PIXELS = 700;

export function planeDose({ across_mm: u, down_mm: v, gy_per_step: step, steps }) {
  const bytes = Uint8Array.from(atob(steps), (c) => c.charCodeAt(0));
  const values = new Float32Array(new Uint16Array(bytes.buffer).length);
  new Uint16Array(bytes.buffer).forEach((each, n) => {
    values[n] = each * step;
  });
  return { u, v, values };
}

function cell(axis, at) {
  if (at < axis[0] || at > axis.at(-1)) return null;
  let low = 0;
  let high = axis.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (axis[middle] <= at) low = middle;
    else high = middle;
  }
  return [low, high, axis.length > 1 ? (at - axis[low]) / (axis[high] - axis[low]) : 0];
}

export function doseAt({ u, v, values }, x, y) {
  const [a, b] = [cell(u, x), cell(v, y)];
  if (!a || !b) return null;
  const [i0, i1, fx] = a;
  const [j0, j1, fy] = b;
  const n = u.length;
  return (values[j0 * n + i0] * (1 - fx) + values[j0 * n + i1] * fx) * (1 - fy) + (values[j1 * n + i0] * (1 - fx) + values[j1 * n + i1] * fx) * fy;
}

// The wash as a picture of its own, made once for a slice and its levels.
function washOf(slice, levels, colours, alpha) {
  const key = JSON.stringify([levels, alpha]);
  if (slice.wash?.key === key) return slice.wash;
  const { u, v } = slice.dose;
  const size = [u.at(-1) - u[0], v.at(-1) - v[0]];
  const mm = Math.max(1, Math.max(...size) / MOST_PIXELS);
  const [width, height] = size.map((each) => Math.max(1, Math.round(each / mm)));
  const picture = new OffscreenCanvas(width, height);
  const pen = picture.getContext("2d");
  const pixels = pen.createImageData(width, height);
  const columns = Array.from({ length: width }, (_, i) => cell(u, Math.min(u[0] + (i + 0.5) * mm, u.at(-1))));
  const { values } = slice.dose;
  const n = u.length;
  for (let row = 0; row < height; row++) {
    const [j0, j1, fy] = cell(v, Math.min(v[0] + (row + 0.5) * mm, v.at(-1)));
    for (let column = 0; column < width; column++) {
      const [i0, i1, fx] = columns[column];
      const dose = (values[j0 * n + i0] * (1 - fx) + values[j0 * n + i1] * fx) * (1 - fy) + (values[j1 * n + i0] * (1 - fx) + values[j1 * n + i1] * fx) * fy;
      let band = -1;
      while (band + 1 < levels.length && dose >= levels[band + 1]) band++;
      if (band < 0) continue;
      const at = 4 * (row * width + column);
      pixels.data.set(colours[band], at);
      pixels.data[at + 3] = 255 * alpha;
    }
  }
  pen.putImageData(pixels, 0, 0);
  slice.wash = { key, picture, left: u[0], top: v[0], width: width * mm, height: height * mm };
  return slice.wash;
}

export function drawWash(pen, frame, slice, levels, colours, alpha) {
  const { picture, left, top, width, height } = washOf(slice, levels, colours, alpha);
  pen.save();
  pen.imageSmoothingEnabled = false;
  if (frame.sign > 0) pen.drawImage(picture, frame.x(left), frame.y(top), width * frame.k, height * frame.k);
  else {
    pen.translate(0, frame.y(top));
    pen.scale(1, -1);
    pen.drawImage(picture, frame.x(left), 0, width * frame.k, height * frame.k);
  }
  pen.restore();
}

// The pieces of the line of one dose, four numbers each (marching squares; at a saddle by the middle).
export function isolines(slice, level) {
  slice.isolines ??= new Map();
  const key = level.toFixed(3);
  if (slice.isolines.has(key)) return slice.isolines.get(key);
  const { u, v, values } = slice.dose;
  const n = u.length;
  const found = [];
  const between = (a, b, at, to) => at + ((level - a) / (b - a)) * (to - at);
  for (let j = 0; j + 1 < v.length; j++) {
    for (let i = 0; i + 1 < n; i++) {
      const [a, b, c, d] = [values[j * n + i], values[j * n + i + 1], values[(j + 1) * n + i + 1], values[(j + 1) * n + i]];
      const above = [a, b, c, d].map((each) => each >= level);
      const count = above.filter(Boolean).length;
      if (count === 0 || count === 4) continue;
      const crossings = [];
      if (above[0] !== above[1]) crossings.push([between(a, b, u[i], u[i + 1]), v[j]]);
      if (above[1] !== above[2]) crossings.push([u[i + 1], between(b, c, v[j], v[j + 1])]);
      if (above[2] !== above[3]) crossings.push([between(d, c, u[i], u[i + 1]), v[j + 1]]);
      if (above[3] !== above[0]) crossings.push([u[i], between(a, d, v[j], v[j + 1])]);
      if (crossings.length === 4 && (a + b + c + d) / 4 >= level === above[0]) crossings.push(crossings.shift());
      for (let k = 0; k + 1 < crossings.length; k += 2) found.push(...crossings[k], ...crossings[k + 1]);
    }
  }
  if (slice.isolines.size > 40) slice.isolines.clear();
  slice.isolines.set(key, found);
  return found;
}

// Whether a place lies inside closed lines, by counting crossings (even-odd).
export function contains(lines, x, y) {
  let inside = false;
  for (const line of lines) {
    for (let n = 0, last = line.length - 1; n < line.length; last = n++) {
      const [x0, y0] = line[last];
      const [x1, y1] = line[n];
      if (y0 > y !== y1 > y && x < ((x1 - x0) * (y - y0)) / (y1 - y0) + x0) inside = !inside;
    }
  }
  return inside;
}
